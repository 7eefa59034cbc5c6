"""A small desk whose questions workers answer: ``python tests/worker_desk.py FOLDER [STEP_SECONDS] PORT``.

Some questions are orders: ``pid`` tells the process that answers; ``meet`` waits for a second one to be answered
beside it; ``hold`` waits for the file FOLDER/let; ``die`` kills the process that answers, ``die once`` the first one
after it has said something; ``hang`` says nothing for ever; ``gone`` and ``fail`` raise.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from api_server import api_over
from fakes import Desk

from index.passage import Scope
from index.store import StoreError
from qa.answer import Answer, Draft
from qa.assistant import Assistant, Stage
from qa.serving import server
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.queue import FairQueue
from qa.serving.answering.workers import Workers
from qa.serving.chat import routes
from qa.serving.chat.page import build
from qa.serving.uploads.uploads import Uploads
from qa.understand.conversation import Turn

WORKERS = 2


class Ordered:
    """Follows orders, and leaves every other question to ``assistant``."""

    def __init__(self, assistant: Answerer, folder: Path) -> None:
        self._assistant = assistant
        self._folder = folder

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: B008
        history: Sequence[Turn] = (),
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[Stage | Draft | Answer]:
        told = Answer("refusal", question, question, 0.1, message=str(os.getpid()))
        match question:
            case "pid":
                yield told
            case "meet":
                (self._folder / f"met-{os.getpid()}").touch()
                while len(list(self._folder.glob("met-*"))) < WORKERS:
                    time.sleep(0.01)
                yield told
            case "hold":
                (self._folder / "held").touch()
                yield Stage("read")
                while not (self._folder / "let").exists():
                    time.sleep(0.01)
                    yield Stage("read")
                yield told
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "die once":
                *_, answer = self._assistant.answering("What does Alpha pump?", scope)
                assert isinstance(answer, Answer)
                yield Draft(answer)
                if not (self._folder / "died").exists():
                    (self._folder / "died").touch()
                    os.kill(os.getpid(), signal.SIGKILL)
                yield replace(answer, question=question)
            case "hang":
                while True:
                    time.sleep(1)
            case "gone":
                raise StoreError("there is no index any more")
            case "fail":
                raise ValueError("a reason")
            case _:
                yield from self._assistant.answering(question, scope, history)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    desk = Desk(folder)
    desk.write(a="Alpha pumps water.", b="Beta stores grain.", c="Gamma sells iron.")
    desk.ingest.update([desk.files])
    queue = FairQueue(WORKERS + 1)
    assistant = api_over(desk).state.assistant
    assert isinstance(assistant, Assistant)
    workers = Workers(Ordered(assistant, folder), WORKERS, *map(float, sys.argv[2:-1]))
    extras = routes.Extras(Uploads(desk.store, desk.ingest))
    api = api_over(desk, answerer=workers, queue=queue)
    page = build(examples=(), summary="a small index", extras=extras)
    try:
        server.launch(page, api.state.answerer, server.Address(port=int(sys.argv[-1])), extras, queue, api)
    finally:
        workers.close()
    sys.exit(1 if workers.failed else 0)
