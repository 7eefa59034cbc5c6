"""Workers on the nodes of a Ray cluster. Ray starts them, and starts them again; who does what is in the jobs."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from documents.errors import RefdeskError
from index.address import DatabaseUrl
from index.opened import open_jobs
from index.report import Report
from index.work import work
from qa.assistant.compose import open_ingest
from qa.settings import Settings, read

_CONNECT = 10  # seconds to wait for the cluster
# What of the settings goes to the nodes; all else is theirs.
_SENT = ("embedder", "file_seconds", "file_memory")


class ClusterError(RefdeskError):
    """A Ray cluster that cannot be used, or a worker in it that failed. The message is one line."""


def work_on(address: str, settings: Settings) -> Iterator[Report]:
    """Let a worker on each node of the cluster take jobs until all is done; yields what each did, as it ends.

    Raises:
        ClusterError: Ray is not installed, there is no cluster, or a worker failed; the others have ended then.
        StoreError: the index is in no database, or cannot be used.
    """
    if find_spec("ray") is None:
        raise ClusterError("workers on a Ray cluster need Ray: pip install 'refdesk[ray]', also on its nodes")
    open_jobs(settings.index).counts()  # says here what is wrong with the index
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    try:
        _check_reached(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), type(error).__name__)
        raise ClusterError(f"cannot use the Ray cluster {address} ({reason}): run this on one of its nodes") from error
    try:
        task = ray.remote(max_retries=-1)(_worked)
        sent = _flags_of(settings)
        pending = [
            task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True)).remote(sent)
            for node in ray.nodes()
            if node["Alive"]
        ]
        yield from _ended(ray, pending)
    finally:
        ray.shutdown()


def _check_reached(address: str) -> None:
    """Raise what is wrong at once, where the address names a host; Ray itself tries for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and "/" not in address:
        socket.create_connection((host, int(port)), _CONNECT).close()


def _ended(ray: Any, pending: list[Any]) -> Iterator[Report]:
    """What each worker did, as it ends; raises ClusterError where one failed."""
    reasons = []
    while pending:
        (done,), pending = ray.wait(pending)
        try:
            report = ray.get(done)
        except ray.exceptions.RayError as error:
            reasons.append(str(error).splitlines()[-1])
            continue
        if isinstance(report, str):
            reasons.append(report)
        else:
            yield report
    if reasons:
        raise ClusterError(f"{len(reasons)} workers failed, of which one says: {reasons[0]}")


def _flags_of(settings: Settings) -> dict[str, object]:
    """What a node needs to know; the address of the database with its password."""
    assert isinstance(settings.index, DatabaseUrl)  # or there would be no jobs
    return {"index": settings.index.reveal(), **{name: getattr(settings, name) for name in _SENT}}


def _worked(flags: Mapping[str, object]) -> Report | str:
    """What a worker on this node did until all was done; why not, where it failed."""
    whole = Report()
    try:
        settings = read(**flags)
        for report in work(open_jobs(settings.index), open_ingest(settings), until_empty=True):
            whole.add(report)
    except RefdeskError as error:
        return str(error)
    return whole
