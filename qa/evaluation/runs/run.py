"""A run folder and its records."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.wire import document_fields, document_of
from index import private
from qa.evaluation.runs.difference import first_difference
from qa.evaluation.runs.files import (
    RunError,
    append_lines,
    as_lines,
    drop_incomplete_line,
    pretty,
    read_lines,
    write_whole,
)
from qa.evaluation.runs.naming import folder_name, numbered
from qa.saved.read import has_fields
from qa.settings import Settings, read_with

SCHEMA = 1
CONFIG, ANSWERS, TEXTS, METRICS = "config.json", "answers.jsonl", "texts.jsonl", "metrics.json"
# A run can be resumed even if these fields of its configuration have changed, but for Refdesk's own version.
_MAY_CHANGE = ("machine", "versions", "origin")
# The fields that each file must have at least.
_CONFIG = {"task": str, "system": str, "dataset": dict, "items": int, "seed": int, "settings": dict, "versions": dict}
_RECORD = {"id": str, "group": str, "slices": dict, "question": str, "metrics": dict}
_TEXT = {"id": str, "title": str, "text": str}


class Run:
    """A run folder: its configuration, and its records in the order in which the questions were asked."""

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        self.folder = folder
        self.config = config
        self.records: list[dict[str, Any]] = []
        self._texts: set[str] = set()

    @classmethod
    def start(cls, out: Path, config: Mapping[str, Any]) -> Run:
        """A run in a new folder below ``out``, named as ``runs.naming`` says.

        Raises:
            RunError: the folder cannot be written.
        """
        name = folder_name(config)
        number = max((used for used, _ in numbered(out, name)), default=0) + 1
        run = cls(out / (name if number == 1 else f"{name}-{number}"), config)
        try:
            out.mkdir(parents=True, exist_ok=True)
            run.folder.mkdir(private.FOLDER)
            write_whole(run.folder / CONFIG, pretty(config))
        except FileExistsError:
            if not run.folder.is_dir():
                raise RunError(f"{run.folder}: is a file: name another folder with --out") from None
            return cls.start(out, config)  # another process has just made this folder
        except OSError as error:
            raise RunError(
                f"{run.folder}: cannot be written ({error.strerror}): name another folder with --out"
            ) from error
        return run

    @classmethod
    def resume(cls, out: Path, config: Mapping[str, Any]) -> Run:
        """The latest run below ``out`` of this name, dataset and configuration, to be continued.

        It is a new run where there is none of the same name and dataset.

        Raises:
            RunError: they all were made with another configuration; the message names the first difference. Or one
                cannot be opened, and no other is of the dataset.
        """
        runs: list[Run] = []
        refused: list[RunError] = []
        for _, folder in sorted(numbered(out, folder_name(config)), reverse=True):
            try:
                runs += [cls.open(folder)] if (folder / CONFIG).is_file() else []
            except RunError as error:
                refused.append(error)
        runs = [run for run in runs if run.config["dataset"]["digest"] == config["dataset"]["digest"]]
        if not runs:
            if refused:
                raise refused[0]
            return cls.start(out, config)
        wanted = _fixed(json.loads(json.dumps(config)))
        run = next((run for run in runs if not first_difference(_fixed(run.config), wanted)), runs[0])
        private.keep([run.folder, *run.folder.iterdir()])  # an earlier version let others read them
        for name in (ANSWERS, TEXTS):
            drop_incomplete_line(run.folder / name)
        difference = first_difference(_fixed(run.config), wanted)
        if difference:
            raise RunError(
                f"{run.folder} cannot be continued: {difference}; resume with the same options, or start a new run "
                "without --resume"
            )
        run._forget_failures()
        return run

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in ``folder``; an incomplete last line is ignored.

        Raises:
            RunError: the folder holds no run, or a damaged one.
        """
        run = cls(folder, read_config(folder))
        try:
            run.records = list(read_lines(folder / ANSWERS, _RECORD))
            run._texts = {text["id"] for text in read_lines(folder / TEXTS, _TEXT)}
        except OSError as error:
            raise RunError(f"{folder}: the run is damaged ({error})") from error
        return run

    def settings(self) -> Settings:
        """The settings that the run was made with.

        Raises:
            SettingsError: one of them is not allowed.
        """
        return read_with(self.folder / CONFIG, self.config["settings"])

    def check_finished(self) -> None:
        """
        Raises:
            RunError: some questions were not asked, or lines were removed.
        """
        if len({record["id"] for record in self.records}) != self.config["items"] or not self.has_metrics:
            raise RunError(
                f"{self.folder}: {len(self.records)} answers of {self.config['items']}: "
                "the run was not finished (refdesk eval --resume continues it), or was changed"
            )

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The records of questions on which the system failed."""
        return [record for record in self.records if "error" in record]

    @property
    def has_metrics(self) -> bool:
        """Whether ``metrics.json`` is written, which happens last."""
        return (self.folder / METRICS).is_file()

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of ``metrics.json``.

        Raises:
            RunError: the run was not finished.
        """
        try:
            return dict(json.loads((self.folder / METRICS).read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.folder}: the run was not finished: continue it with refdesk eval --resume"
            ) from error

    def append(self, record: dict[str, Any], cited: Mapping[str, Document]) -> None:
        """Write a record, and before it the documents that it cites, by id.

        Raises:
            RunError: it cannot be written; earlier records stay.
        """
        new = {key: document for key, document in cited.items() if key not in self._texts}
        try:
            append_lines(self.folder / TEXTS, ({"id": key, **document_fields(each)} for key, each in new.items()))
            append_lines(self.folder / ANSWERS, [record])
        except OSError as error:
            raise RunError(
                f"{self.folder}: cannot be written ({error.strerror}): free some space, then continue with --resume"
            ) from error
        self._texts |= new.keys()
        self.records.append(record)

    def _forget_failures(self) -> None:
        """Drop the records of questions on which the system failed, so that they are asked again."""
        kept = [record for record in self.records if "error" not in record]
        if len(kept) < len(self.records):
            self._replace(kept)
            (self.folder / METRICS).unlink(missing_ok=True)

    def put_in_order(self, ids: Sequence[str]) -> None:
        """Bring the records into the order of ``ids``, which a run that was resumed may have lost."""
        if [record["id"] for record in self.records] != list(ids):
            by_id = {record["id"]: record for record in self.records}
            self._replace([by_id[identity] for identity in ids])

    def _replace(self, records: Sequence[dict[str, Any]]) -> None:
        self.write(ANSWERS, as_lines(records))
        self.records = list(records)

    def discard_if_empty(self) -> None:
        """Remove the folder of a run in which no question was asked."""
        if not self.records:
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, completely or not at all."""
        write_whole(self.folder / name, text)

    def write_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Write ``metrics.json``."""
        self.write(METRICS, pretty(metrics))

    def documents(self) -> tuple[dict[str, Document], bool]:
        """The cited documents by id, and whether all of them have their sections and pages; those of old runs do not.

        A document whose text does not have the hash that its id names is left out.
        """
        held, outlined = {}, True
        for row in read_lines(self.folder / TEXTS, _TEXT):
            outlined &= "sections" in row
            with suppress(ValueError, TypeError, KeyError, AttributeError, OverflowError):
                document = document_of({"sections": (), "pages": (), "parser": "", "blocks": (), "tables": (), **row})
                if document.id == row["id"]:
                    held[document.id] = document
        return held, outlined


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of the run in ``folder``.

    Raises:
        RunError: the folder holds no run, or a damaged one.
    """
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"{folder}: holds no run ({CONFIG} is missing)") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{folder}: the run is damaged ({error})") from error
    if not isinstance(config, dict) or config.get("schema") != SCHEMA:
        raise RunError(f"{folder}: the run is of another version than this Refdesk's (schema {SCHEMA})")
    if not has_fields(config, _CONFIG) or not has_fields(config["dataset"], {"name": str, "digest": str}):
        raise RunError(f"{folder}: the run is damaged ({CONFIG} was changed)")
    return config


def _fixed(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration without the fields that may change; what two versions scored is no one run."""
    kept = {key: value for key, value in config.items() if key not in _MAY_CHANGE}
    return {**kept, "versions": {"refdesk": config["versions"].get("refdesk")}}
