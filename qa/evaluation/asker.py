"""Ask a system about a dataset's items, and score what it returns; a failure costs its own question."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from documents.document import Document
from documents.errors import RefdeskError
from qa.evaluation.cost import COST, MEMORY, PROCESSOR, READ, WRITTEN
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.scoring.judges import JudgeError
from qa.evaluation.scoring.reply import ReplyError
from qa.evaluation.systems.spending import peak_memory, processor_seconds
from qa.evaluation.systems.system import OpenedSystem
from qa.evaluation.systems.time_limit import time_limit
from qa.evaluation.tasks import Record, Task, failed, scorer_of, slices_of
from qa.llm.usage import metered

_REASON = 300  # characters of an error that a record keeps


class Outcome(NamedTuple):
    """An item's record, the documents that the answer cites, by id, and the seconds that the system took."""

    record: Record
    cited: Mapping[str, Document]
    elapsed: float


class Asker:
    """Asks a system about a dataset's items, and scores what it returns."""

    def __init__(self, system: OpenedSystem, task: Task, dataset: Dataset, support: SupportJudge) -> None:
        self._system = system
        self._task = task
        self._dataset = dataset
        self._scorer = scorer_of(task, dataset, system.threshold, support)

    def ask(self, item: Item) -> Outcome:
        """
        Where the system raises, returns what cannot be scored or takes too long, the record has the ``error``, and
        every metric is 0; a system that does not fail alone raises.

        Raises:
            ReplyError: what the system returns cannot be scored; the message names the question.
            JudgeError: the judge of support failed.
        """
        cited: Mapping[str, Document] = {}
        watch = _Watch(self._system.process)
        try:
            with metered() as meter, time_limit(self._system.limit):
                returned = self._system.ask(item)
            watch.stop()
            fields, cited = self._scorer(item, returned)
        except JudgeError:
            raise  # no fault of the system
        except (Exception, SystemExit) as error:
            if not self._system.fails_alone:
                raise ReplyError(f"question {item.id}: {error}") from error
            fields = failed(item, self._task, self._scorer, _reason(error))
        watch.stop()
        seconds = self._system.seconds(item) if self._system.seconds else watch.seconds
        tokens = self._system.tokens(item) if self._system.tokens else meter.tokens
        record = {
            "id": item.id,
            "group": item.group,
            "slices": slices_of(item, self._dataset),
            "question": item.question,
            **fields,
            "seconds": round(seconds, 6),
            COST: {**watch.spent, READ: tokens and tokens.read, WRITTEN: tokens and tokens.written},
        }
        return Outcome(record, cited, watch.seconds)


class _Watch:
    """Measures what an answer takes, from its making until it is first stopped."""

    def __init__(self, process: Callable[[], int | None] | None) -> None:
        """``process`` is what computes, as a system tells."""
        self.seconds = 0.0
        self.spent: dict[str, float | int | None] = {PROCESSOR: None, MEMORY: None}
        self._process, self._running = process or (lambda: None), True
        self._first = self._process()
        self._worked = processor_seconds(self._first) if self._first else 0.0
        self._began = time.perf_counter()

    def stop(self) -> None:
        if not self._running:
            return
        self._running, self.seconds = False, time.perf_counter() - self._began
        if process := self._process():
            before = self._worked if process == self._first else 0.0  # it may have been started anew
            self.spent = {
                PROCESSOR: round(max(0.0, processor_seconds(process) - before), 4),
                MEMORY: peak_memory(process),
            }


def _reason(error: BaseException) -> str:
    """The error in one line; of one that is not ours also its kind."""
    text = str(error) if isinstance(error, RefdeskError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:_REASON]
