"""A causal language model in PyTorch, by folder or Hugging Face name; on a GPU where there is one."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Any

from qa.llm.base import REPLY_FACTOR, GenerationError, Message, Sampling, acquire, one_line
from qa.llm.special_tokens import OPENS, escape_special_tokens, without_reasoning
from qa.llm.usage import Tokens, begin


class TransformersModel:
    """A loaded model; it generates one reply at a time."""

    def __init__(
        self,
        name: str,
        model: Any,
        tokenizer: Any,
        *,
        context: int = 4096,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        seconds: float = 60,
    ) -> None:
        """``model`` and ``tokenizer`` are transformers' objects; ``context`` is lowered to what the model can take."""
        self.fingerprint = f"transformers:{name}"
        most = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self.context = min(context, most or context)
        self._model, self._tokenizer = model, tokenizer
        self._sampling, self._seconds = sampling, seconds
        self._lock = threading.Lock()  # the thread that releases it need not be the one that acquired it

    @classmethod
    def load(
        cls,
        name: str,
        *,
        context: int = 4096,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        seconds: float = 60,
    ) -> TransformersModel:
        """The model in a folder, or of that name on the Hugging Face hub.

        Raises:
            GenerationError: it cannot be found or loaded.
        """
        model, tokenizer = _load(name)
        return cls(name, model, tokenizer, context=context, sampling=sampling, seconds=seconds)

    def count(self, text: str) -> int:
        return len(self._tokenizer(self._escaped(text), add_special_tokens=False, verbose=False)["input_ids"])

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        prompt = self._prompt(messages)
        encoded = self._tokenizer(prompt, add_special_tokens=False, return_tensors="pt", verbose=False)
        length = encoded["input_ids"].shape[1]
        if length >= self.context:
            raise GenerationError(
                f"the prompt has {length} tokens, more than the {self.context} that the model takes with its reply: "
                "ask something shorter"
            )
        acquire(self._lock, self._seconds)
        limit = min(max_tokens, self.context - length)
        generate = partial(self._generate, encoded, limit)
        tell = begin()
        run = _Run(self._tokenizer, self._seconds, generate, self._lock.release)
        try:
            yield from without_reasoning(run.pieces(), reasoning=prompt.rstrip().endswith(OPENS))
            tell(Tokens(length, run.written))
        finally:
            run.cancel()

    def _generate(self, encoded: Any, max_tokens: int, **how: Any) -> int:
        """How many tokens it wrote."""
        import torch

        device, sampling = self._model.device, self._sampling
        chosen = {"do_sample": True, "temperature": sampling.temperature} if sampling.temperature else _GREEDY
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(sampling.seed)
            whole = self._model.generate(**encoded.to(device), max_new_tokens=max_tokens, **chosen, **how)
        return int(whole.shape[1] - encoded["input_ids"].shape[1])

    def _prompt(self, messages: Sequence[Message]) -> str:
        chat = [{"role": message.role, "content": self._escaped(message.text)} for message in messages]
        if not self._tokenizer.chat_template:
            return "".join(message["content"] + "\n\n" for message in chat)
        from jinja2 import TemplateError

        render = self._tokenizer.apply_chat_template
        try:
            return str(render(chat, tokenize=False, add_generation_prompt=True))
        except TemplateError as error:
            if chat[0]["role"] != "system" or len(chat) == 1:
                raise GenerationError(
                    f"the model's chat template refuses the messages: {one_line(str(error))}"
                ) from error
        # Some templates have no system message; its text then goes before the first question.
        chat[1]["content"] = f"{chat[0]['content']}\n\n{chat[1]['content']}"
        return str(render(chat[1:], tokenize=False, add_generation_prompt=True))

    def _escaped(self, text: str) -> str:
        for token in self._tokenizer.all_special_tokens:
            text = text.replace(token, f"{token[0]} {token[1:]}")
        return escape_special_tokens(text)


# None overrides the sampling settings in the model's files.
_GREEDY = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}


class _Run:
    """One generation in a thread of its own."""

    def __init__(self, tokenizer: Any, seconds: float, generate: Callable[..., int], done: Callable[[], None]) -> None:
        """Start ``generate``, which takes a streamer and stopping criteria; ``done`` is called when it has ended."""
        from transformers import TextIteratorStreamer

        self._streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, timeout=seconds, skip_special_tokens=True)
        self._seconds, self._generate, self._done = seconds, generate, done
        self._cancelled = threading.Event()
        self.written = 0
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self.written = self._generate(streamer=self._streamer, stopping_criteria=[self._stop])
        except Exception as error:  # PyTorch raises many kinds
            self._failure = error
        finally:
            self._done()
            self._streamer.on_finalized_text("", stream_end=True)

    def pieces(self) -> Iterator[str]:
        deadline = time.monotonic() + REPLY_FACTOR * self._seconds
        try:
            for piece in self._streamer:
                if time.monotonic() > deadline:
                    raise queue.Empty
                if piece:
                    yield piece
        except queue.Empty:
            raise GenerationError(
                f"the model took more than {self._seconds:g} seconds for a word, or {REPLY_FACTOR} times that for its "
                "answer: set REFDESK_GENERATION_SECONDS to more, or use a smaller model"
            ) from None
        self._thread.join()  # the last piece comes before the thread has ended
        if self._failure is not None:
            reason = one_line(f"{type(self._failure).__name__}: {self._failure}")
            raise GenerationError(f"the model failed ({reason}): use a smaller one, or set REFDESK_CONTEXT to less")

    def cancel(self) -> None:
        self._cancelled.set()

    def _stop(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - the signature is transformers'
        import torch

        return torch.full((input_ids.shape[0],), self._cancelled.is_set(), device=input_ids.device)


def _load(name: str) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise GenerationError(f"transformers cannot be loaded ({error}); run: pip install transformers") from error
    try:
        # No code in a model's folder is run (by default transformers asks on the terminal), and no pickle is read.
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model: Any = AutoModelForCausalLM.from_pretrained(
            name, dtype="auto", use_safetensors=True, trust_remote_code=False
        )
    except Exception as error:  # bad names, missing files, damaged weights: each raises another kind
        raise GenerationError(
            f"{name} cannot be loaded as a causal language model ({one_line(str(error))}): set REFDESK_MODEL to a "
            "folder with one in safetensors, or to its name on the Hugging Face hub"
        ) from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return model.to(device), tokenizer  # from_pretrained sets evaluation mode
