"""Who decides whether quotes support a statement: the shipped verifier, or a judge that is named.

A quote that contains the statement supports it, whatever the judge. Else the judge reads the statement and, of the
quotes, the sentences that share the most words with it, and support must be more likely than not. A named judge is any
cross-encoder for natural language inference, or a language model on a server (``openai:URL``); the shipped verifier
then reads the same, so that a run can say how far the two agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Protocol

from documents.errors import RefdeskError
from documents.sentences import sentences
from qa import settings as configuration
from qa.assistant import compose
from qa.assistant.generators import load_generator
from qa.check.entailment import NAME, Entailed, Entailment, OnnxEntailment
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.scoring.claims import closest
from qa.llm.base import GenerationError, Generator
from qa.llm.prompt import load_prompt

SERVER = "openai:"
SUPPORTED = 0.5  # the probability from which a statement counts as supported
MOST_READ = 4  # sentences of the quotes that a judge reads; more do not fit into the shipped model
_REPLY_TOKENS = 256
# The whole reply or what stands before a reason, for "not fully supported" has "supported" in it.
_VERDICT = re.compile(
    r"[\W_]*(not[ _-]?(?:mentioned|supported)|unsupported|supported|contradicted)(?:[\W_]*|[*_]*\s*[-–—:.(\n].*)",
    re.DOTALL,
)


class JudgeError(RefdeskError):
    """A judge cannot judge. The message is one line."""


class NamedJudge(Protocol):
    """A judge that a run records by its ``fingerprint``."""

    @property
    def fingerprint(self) -> str:
        """Name and version of what judges."""

    def __call__(self, statement: str, premise: str) -> bool:
        """Whether the premise supports the statement."""


def verbatim(statement: str, premise: str) -> bool:
    """Whether the premise contains the statement, ignoring white space."""
    return " ".join(statement.split()) in " ".join(premise.split())


class ShippedEntailment:
    """The shipped verifier's model, loaded when it first has to read something."""

    fingerprint = NAME

    @cached_property
    def _model(self) -> Entailment:
        return OnnxEntailment()

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        """What is said of each claim by the text it is paired with."""
        return self._model.judge(pairs)


class GeneratorEntailment:
    """A language model that is asked in words; its verdict has the probability 1."""

    def __init__(self, generator: Generator) -> None:
        self._generator, self._prompt = generator, load_prompt("judge")
        self.fingerprint = f"{generator.fingerprint}+{self._prompt.fingerprint}"

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        """What is said of each claim by the text it is paired with.

        Raises:
            GenerationError: the model failed, or gave no verdict.
        """
        return [self._judged(*pair) for pair in pairs]

    def _judged(self, claim: str, text: str) -> Entailed:
        messages = self._prompt.messages(claim=claim, text=text)
        reply = "".join(self._generator.stream(messages, _REPLY_TOKENS))
        found = _VERDICT.fullmatch(reply.lower())
        if found is None:
            raise GenerationError(
                f"{self._generator.fingerprint} gave no verdict but {' '.join(reply.split())[:60]!r}: name a "
                "model that follows instructions"
            )
        return Entailed(float(found[1] == "supported"), float(found[1] == "contradicted"), float(found[1][0] in "nu"))


class EntailmentJudge:
    """Judges by an entailment model, each pair of statement and premise once."""

    def __init__(self, entailment: Entailment) -> None:
        self.fingerprint = entailment.fingerprint
        self._entailment = entailment
        self._found: dict[tuple[str, str], bool] = {}

    def __call__(self, statement: str, premise: str) -> bool:
        """Whether the premise supports the statement.

        Raises:
            JudgeError: the model failed.
        """
        return bool(premise.strip()) and (verbatim(statement, premise) or self._entails(statement, premise))

    def _entails(self, statement: str, premise: str) -> bool:
        key = statement, premise
        if key not in self._found:
            text = " ".join(closest(statement, [premise[start:end] for start, end in sentences(premise)], MOST_READ))
            try:
                (judged,) = self._entailment.judge([(statement, text)])
            except GenerationError as error:
                raise JudgeError(f"the judge failed: {error}") from error
            self._found[key] = judged.supported >= SUPPORTED
        return self._found[key]


class ComparedJudge:
    """A named judge beside the one that judges where none is named."""

    def __init__(self, judge: NamedJudge, default: SupportJudge) -> None:
        self.fingerprint = judge.fingerprint
        self._judge, self._default = judge, default

    def __call__(self, statement: str, premise: str) -> bool:
        """Whether the premise supports the statement, by the named judge."""
        return self._judge(statement, premise)

    def both(self, statement: str, premise: str) -> tuple[bool, bool] | None:
        """The named judge's verdict and the default one's; None where the words decide without either."""
        if not premise.strip() or verbatim(statement, premise):
            return None
        return self._judge(statement, premise), self._default(statement, premise)


def open_judge(name: str, default: SupportJudge) -> ComparedJudge:
    """The judge that a command names: ``openai:URL`` or ``openai:URL#MODEL``, a folder, or a name on the hub.

    Raises:
        ModelError, GenerationError, SettingsError: it cannot be used; the message says what to do.
    """
    entailment: Entailment
    if name.startswith(SERVER):
        url, _, model = name.removeprefix(SERVER).partition("#")
        entailment = GeneratorEntailment(
            load_generator(configuration.read(backend="openai", base_url=url or None, model=model or None))
        )
    else:
        entailment = _cross_encoder(name)
    return ComparedJudge(EntailmentJudge(entailment), default)


@lru_cache(maxsize=1)
def _cross_encoder(name: str) -> Entailment:
    """The model, loaded once for all runs of a command."""
    return compose.entailment_of(configuration.read(verifier=name))
