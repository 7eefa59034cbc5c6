"""Run folders: what was asked, how, and all that was said, so that a run can be continued, checked and replayed.

========================== ==================================================================================
config.json                task, system, settings, threshold, models, index, dataset digest, versions, machine
answers.jsonl              a line a question: gold, the full answer, its metrics, seconds; written as they come
texts.jsonl                the documents that the answers cite, so that ``verify`` needs no index
metrics.json               the figures with their intervals, slices, timing
run.trec                   rankings, for the task ``retrieval``
report.html                all of it to read, in one file
========================== ==================================================================================

Timings aside, all are determined by the configuration.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.errors import RefdeskError
from documents.wire import document_fields, document_of
from qa.saved.checks import Ground
from qa.saved.read import has_fields, is_answer
from qa.saved.verify import NOT_CHECKED, Checked, check
from qa.settings import Settings, read_with

SCHEMA = 1
CONFIG, ANSWERS, TEXTS, METRICS = "config.json", "answers.jsonl", "texts.jsonl", "metrics.json"
# What a run may be continued under though it has changed.
_FREE = ("machine", "versions", "origin")
# What the lines of its files hold at least.
_CONFIG = {"task": str, "system": str, "dataset": dict, "items": int, "seed": int, "settings": dict}
_RECORD = {"id": str, "group": str, "slices": dict, "question": str, "metrics": dict}
_TEXT = {"id": str, "title": str, "text": str}
# What makes answers, of the models that its configuration names.
_MADE_BY = ("embedder", "reranker", "reader", "generator", "verifier", "prompt")
# What a run does not tell of itself so that it could be checked.
_OUTSIDE = "what another system than Refdesk says in its own words"
_OUTLINES = "titles, pages and sections, which this older run does not keep"
_UNTOLD = ("the run's configuration, gold answers and figures", "documents that are not cited")


class RunError(RefdeskError):
    """A run folder that cannot be used as asked. The message is one line."""


class Run:
    """A run folder: its configuration and its records, in the order in which questions were asked."""

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        self.folder = folder
        self.config = config
        self.records: list[dict[str, Any]] = []
        self._texts: set[str] = set()

    @classmethod
    def start(cls, out: Path, config: Mapping[str, Any]) -> Run:
        """A new folder below ``out``, named after dataset, task and system.

        Raises:
            RunError: it cannot be written.
        """
        name = _name(config)
        number = max((given for given, _ in _numbered(out, name)), default=0) + 1
        run = cls(out / (name if number == 1 else f"{name}-{number}"), config)
        try:
            run.folder.mkdir(parents=True)
            _write(run.folder / CONFIG, _pretty(config))
        except FileExistsError:
            if not run.folder.is_dir():
                raise RunError(f"{run.folder}: is a file: name another folder with --out") from None
            return cls.start(out, config)  # another process has just made it
        except OSError as error:
            raise RunError(
                f"{run.folder}: cannot be written ({error.strerror}): name another folder with --out"
            ) from error
        return run

    @classmethod
    def resume(cls, out: Path, config: Mapping[str, Any]) -> Run:
        """The latest run of that name and dataset below ``out``, to be continued; a new one where there is none.

        Raises:
            RunError: it was made in another way; the message names what differs.
        """
        found = sorted(_numbered(out, _name(config)), reverse=True)
        runs = (cls.open(folder) for _, folder in found if (folder / CONFIG).is_file())
        run = next((run for run in runs if run.config["dataset"]["digest"] == config["dataset"]["digest"]), None)
        if run is None:
            return cls.start(out, config)
        run._cut()
        difference = first_difference(_fixed(run.config), _fixed(json.loads(json.dumps(config))))
        if difference:
            raise RunError(
                f"{run.folder} cannot be continued: {difference}; resume with the same options, or start a new run "
                "without --resume"
            )
        return run

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in ``folder``; a last line that was cut off is dropped.

        Raises:
            RunError: there is no run, or it is damaged.
        """
        try:
            config = json.loads((folder / CONFIG).read_text("utf-8"))
            run = cls(folder, config)
            run.records = list(_records(folder / ANSWERS, _RECORD))
            run._texts = {text["id"] for text in _records(folder / TEXTS, _TEXT)}
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(f"{folder}: holds no run ({CONFIG} is missing)") from error
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{folder}: the run is damaged ({error})") from error
        if not isinstance(config, dict) or config.get("schema") != SCHEMA:
            raise RunError(f"{folder}: the run is of another version than this Refdesk's (schema {SCHEMA})")
        if not has_fields(config, _CONFIG) or not has_fields(config["dataset"], {"name": str, "digest": str}):
            raise RunError(f"{folder}: the run is damaged ({CONFIG} was changed)")
        return run

    def settings(self) -> Settings:
        """The settings it was made with.

        Raises:
            SettingsError: one of them is not allowed.
        """
        return read_with(self.folder / CONFIG, self.config["settings"])

    def check_finished(self) -> None:
        """
        Raises:
            RunError: some of its questions were not asked, or lines were taken out.
        """
        if len({record["id"] for record in self.records}) != self.config["items"] or not self.is_summed_up:
            raise RunError(
                f"{self.folder}: {len(self.records)} answers of {self.config['items']}: "
                "the run was not finished (refdesk eval --resume continues it), or was changed"
            )

    @property
    def is_summed_up(self) -> bool:
        """Whether its figures are there."""
        return (self.folder / METRICS).is_file()

    def append(self, record: dict[str, Any], cited: Mapping[str, Document]) -> None:
        """Keep a record, and before it the documents it cites.

        Raises:
            RunError: it cannot be written; what was kept before stays.
        """
        new = {key: document for key, document in cited.items() if key not in self._texts}
        try:
            self._add(TEXTS, *({"id": key, **document_fields(each)} for key, each in new.items()))
            self._add(ANSWERS, record)
        except OSError as error:
            raise RunError(
                f"{self.folder}: cannot be written ({error.strerror}): free some space, then continue with --resume"
            ) from error
        self._texts |= new.keys()
        self.records.append(record)

    def _add(self, name: str, *rows: Mapping[str, Any]) -> None:
        with (self.folder / name).open("a", encoding="utf-8", newline="\n") as file:
            file.write("".join(map(_line, rows)))

    def _cut(self) -> None:
        """Remove what a broken run left of a last line, before it is continued."""
        for name in (ANSWERS, TEXTS):
            path = self.folder / name
            if path.is_file():
                data = path.read_bytes()
                whole = data.rfind(b"\n") + 1
                if whole < len(data):
                    os.truncate(path, whole)

    def write(self, name: str, text: str) -> None:
        """A file of the folder, whole or not at all."""
        _write(self.folder / name, text)

    def write_metrics(self, metrics: Mapping[str, Any]) -> None:
        self.write(METRICS, _pretty(metrics))

    @property
    def metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` holds.

        Raises:
            RunError: the run was not finished.
        """
        try:
            return dict(json.loads((self.folder / METRICS).read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.folder}: the run was not finished: continue it with refdesk eval --resume"
            ) from error

    def documents(self) -> tuple[dict[str, Document], bool]:
        """The cited documents by id, and whether all came with their sections and pages, as older runs' do not.

        One whose id is not its text's hash is left out.
        """
        held, outlined = {}, True
        for row in _records(self.folder / TEXTS, _TEXT):
            outlined &= "sections" in row
            with suppress(ValueError, TypeError, KeyError, AttributeError, OverflowError):
                document = document_of({"sections": (), "pages": (), "parser": "", **row})
                if document.id == row["id"]:
                    held[document.id] = document
        return held, outlined


def check_run(folder: Path, *, quick: bool = False) -> Checked:
    """Check every answer of a run against the documents that it keeps.

    Raises:
        RunError: it cannot be read, or something in it is no answer.
        ModelError: the verifier's model cannot be loaded.
    """
    run = Run.open(folder)
    if run.config["task"] not in ("qa", "reading"):
        raise RunError(f"{folder}: a run of the task {run.config['task']} has no citations to check")
    run.check_finished()
    for number, record in enumerate(run.records, start=1):
        if not isinstance(record.get("answer"), dict) or not is_answer(record["answer"]):
            raise RunError(f"{folder}: answer {number} is none as refdesk writes it")
    documents, outlined = run.documents()
    own, models = run.config.get("own") is True, run.config.get("models")
    models = models if isinstance(models, dict) else {}
    names = {part: name for part, name in models.items() if part in _MADE_BY and isinstance(name, str)}
    ground = Ground(documents.get, "the run's texts", own=own, outlined=outlined, models=names)
    unknown = [text for text, known in ((_OUTSIDE, own), (_OUTLINES, outlined)) if not known]
    checked = check(
        [record["answer"] for record in run.records],
        ground,
        quick=quick,
        not_checked=(*NOT_CHECKED, *unknown, *_UNTOLD),
    )
    return replace(checked, problems=[*checked.problems, *_other_questions(run)])


def _other_questions(run: Run) -> Iterator[dict[str, Any]]:
    """The answers that are to another question than their record's."""
    for number, record in enumerate(run.records, start=1):
        asked = {" ".join(str(record["answer"].get(name)).split()) for name in ("question", "standalone_question")}
        if run.config.get("own") is True and asked != {" ".join(record["question"].split())}:
            yield {"record": number, "question": record["question"], "problem": "the question is not the record's"}


def first_difference(a: Any, b: Any, path: str = "") -> str | None:
    """Where two JSON values first differ, in words: "the path: a, now b"; None when they are equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            found = first_difference(a.get(key), b.get(key), f"{path}.{key}" if path else key)
            if found:
                return found
        return None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, pair in enumerate(zip(a, b, strict=True)):
            found = first_difference(*pair, f"{path}[{number}]")
            if found:
                return found
        return None
    return None if a == b and type(a) is type(b) else f"{path or 'it'} was {_shown(a)}, is now {_shown(b)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _fixed(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _FREE}


def _name(config: Mapping[str, Any]) -> str:
    parts = (config["dataset"]["name"], config["task"], config["system"])
    return "-".join(re.sub(r"[^\w.]+", "_", part).strip("_.") or "run" for part in parts)


def _numbered(out: Path, name: str) -> list[tuple[int, Path]]:
    """The folders of that name below ``out``, with their numbers; one may hold no run yet."""
    found = []
    for path in out.glob(f"{name}*"):
        number = re.fullmatch(r"(?:-(\d+))?", path.name[len(name) :])
        if number and path.is_dir():
            found.append((int(number[1] or 1), path))
    return found


def _records(path: Path, fields: Mapping[str, type]) -> Iterator[dict[str, Any]]:
    """The whole lines of a JSON Lines file, objects with ``fields``; one that was cut off ends without a line feed."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith("\n"):
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise RunError(f"{path}: line {number} is not JSON; the file was changed") from error
                if not has_fields(value, fields):
                    raise RunError(f"{path}: line {number} is not as Refdesk wrote it; the file was changed")
                yield value


def _line(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair, as JSON can hold it, is no text that a file can.
    return (text if _is_text(text) else json.dumps(value)) + "\n"


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _pretty(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(text.encode("utf-8", "replace"))
    temporary.replace(path)
