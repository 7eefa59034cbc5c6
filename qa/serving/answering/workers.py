"""Questions answered by several processes beside the one that serves, so that as many are answered at a time.

Whatever there must be one of stays in the process that serves: queue, conversations' files, limits, sessions, counts.
A question goes to whichever process is idle, and is asked again of another when that one dies: nothing is lost.

The processes are forked from a *keeper*, which was itself forked when the models were loaded and nothing had used them:
all share the models' memory, and the keeper, which only waits, can replace one at any time. They wait at one socket,
on which the server sends a socket of its own for each question. When the server ends, however it does, theirs ends.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from structlog.contextvars import bound_contextvars, get_contextvars

from documents.errors import RefdeskError
from index.passage import Scope
from qa.answer import Answer, Draft
from qa.assistant import Stage
from qa.serving.answering.answerer import Answerer
from qa.serving.http.logs import limit_logs
from qa.understand.conversation import Turn

TRIES = 5  # processes that may die of one question
STEP_SECONDS = 600.0  # that a step of an answer may take, unless it is said otherwise
PAUSE = 0.1  # seconds before a process that died is replaced: one that cannot live must not take a core
ENDING = 3.0  # seconds that processes may take to end

Step = Stage | Draft | Answer

logger = logging.getLogger(__name__)


class WorkersError(RefdeskError):
    """Several processes cannot answer here, or not any more. The message is one line."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as a worker gets it; ``context`` is what each line of the log says of its request."""

    question: str
    scope: Scope
    history: Sequence[Turn]
    as_typed: bool
    context: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a worker sends where answering raised ``error``."""

    error: Exception


class _LostError(Exception):
    """The worker has died."""


class Workers:
    """An ``Answerer`` whose questions are answered by ``count`` processes, one at a time each. Threads may share it.

    Make it before anything uses the models of ``answerer`` and before this process has other threads. Steps after a
    kill follow those told before, as answers are deterministic; a language model's are not. A process that takes longer
    than ``step_seconds`` for one is killed, and its question fails.
    """

    def __init__(self, answerer: Answerer, count: int, step_seconds: float = STEP_SECONDS) -> None:
        """Raises WorkersError where this system cannot do it."""
        if sys.platform != "linux":
            raise WorkersError("several workers need Linux: leave out --workers and REFDESK_WORKERS")
        self._questions, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fork = multiprocessing.get_context("fork")
        self._step_seconds = step_seconds
        kept = (answerer, count, 1.5 * step_seconds, theirs, self._questions)  # later: the server tells why it fails
        self._keeper = fork.Process(target=_keep, args=kept, name="keeper")
        self._keeper.start()
        theirs.close()
        self._closed = False
        self.failed = False  # whether the keeper has died: then those that answer are not replaced any more
        threading.Thread(target=self._watch, name="keeper", daemon=True).start()

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: B008 - frozen
        history: Sequence[Turn] = (),
        as_typed: bool = False,
    ) -> Iterator[Step]:
        """As the answerer does, and raises what it raises."""
        asked = _Asked(question, scope, tuple(history), as_typed, get_contextvars())
        told = 0
        for _ in range(TRIES):
            try:
                for step in islice(self._steps(asked), told, None):
                    told += 1
                    yield step
                return
            except _LostError:
                logger.warning("a process that answered a question has died; another one is asked")
        raise RuntimeError(f"{TRIES} processes died while they answered a question")

    def close(self) -> None:
        """End the processes: each after the step at hand, or when it takes too long."""
        self._closed = True
        self._questions.close()
        self._keeper.join(2 * ENDING)

    def _steps(self, asked: _Asked) -> Generator[Step, None, None]:
        """What a worker answers; raises _LostError where it died meanwhile, RuntimeError where a step took too long."""
        own, theirs = socket.socketpair()
        own.settimeout(self._step_seconds)
        with own, own.makefile("rb") as file:
            load = pickle.Unpickler(file).load
            try:
                with theirs:
                    socket.send_fds(self._questions, [b"?"], [theirs.fileno()])
                own.sendall(pickle.dumps(asked))
            except OSError as error:
                raise _LostError from error
            step: Step | _Failed | None = None
            while not isinstance(step, Answer):
                try:
                    step = load()
                except TimeoutError as error:
                    raise RuntimeError(f"a step of an answer took more than {self._step_seconds:g} s") from error
                except (EOFError, OSError, pickle.UnpicklingError) as error:
                    raise _LostError from error
                if isinstance(step, _Failed):
                    raise step.error
                assert step
                yield step

    def _watch(self) -> None:
        """Ends this process in order when the keeper dies, so that whoever has started it starts it again."""
        self._keeper.join()
        if not self._closed:
            self.failed = True
            logger.error("the process that keeps those that answer has died: Refdesk ends")
            os.kill(os.getpid(), signal.SIGINT)


def _keep(
    answerer: Answerer, count: int, step_seconds: float, questions: socket.socket, servers: socket.socket
) -> None:
    """The keeper: replaces each worker that dies, until one ends by itself, which it does when the server has ended."""
    servers.close()  # else the end of the server's would not be seen
    for ending in (signal.SIGINT, signal.SIGTERM):  # the server finishes its answers first, whoever gets the signal
        signal.signal(ending, signal.SIG_IGN)
    limit_logs()
    gc.collect()
    gc.freeze()  # else collecting would write to pages that are shared
    fork = multiprocessing.get_context("fork")
    server = multiprocessing.parent_process()
    assert server
    workers: list[BaseProcess] = []
    while server.is_alive() and all(worker.exitcode != 0 for worker in workers):
        workers = [worker for worker in workers if worker.is_alive()]
        while len(workers) < count:
            workers.append(fork.Process(target=_work, args=(answerer, step_seconds, questions), name="worker"))
            workers[-1].start()
        died = wait([server.sentinel, *(worker.sentinel for worker in workers)])
        if server.sentinel not in died:
            time.sleep(PAUSE)
    deadline = time.monotonic() + ENDING
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        worker.kill()


def _work(answerer: Answerer, step_seconds: float, questions: socket.socket) -> None:
    """A worker: answers one question after the other, until the server has ended."""
    while True:
        message, files, _, _ = socket.recv_fds(questions, 1, 1)
        if not message:
            return
        with socket.socket(fileno=files[0]) as asker, suppress(OSError, EOFError):  # nobody waits for it any more
            _answer(answerer, step_seconds, asker)


def _answer(answerer: Answerer, step_seconds: float, asker: socket.socket) -> None:
    """Each step within ``step_seconds``, or this process is killed by a signal."""
    with asker.makefile("rwb") as file:
        asked = pickle.load(file)
        # One pickler for all steps: what an earlier one has sent, such as documents, is not sent again.
        send = pickle.Pickler(file).dump
        with bound_contextvars(**asked.context):
            signal.setitimer(signal.ITIMER_REAL, step_seconds)
            for step in _steps_of(answerer, asked):
                send(step)
                file.flush()
                signal.setitimer(signal.ITIMER_REAL, step_seconds)
            signal.setitimer(signal.ITIMER_REAL, 0)


def _steps_of(answerer: Answerer, asked: _Asked) -> Iterator[Step | _Failed]:
    try:
        yield from answerer.answering(asked.question, asked.scope, asked.history, asked.as_typed)
    except RefdeskError as error:
        yield _Failed(error)
    except Exception as error:
        yield _Failed(_sendable(error))


def _sendable(error: Exception) -> Exception:
    """The error with its traceback as a note, or a RuntimeError where it is of a type that cannot be sent."""
    told = "".join(traceback.format_exception(error)).rstrip()
    error.add_note(told)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(told)
    return error
