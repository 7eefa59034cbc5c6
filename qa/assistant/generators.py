"""The choice of a language model; a backend's libraries are imported only when it is chosen."""

from __future__ import annotations

from pathlib import Path

from qa.llm.base import GenerationError, Generator, Sampling
from qa.settings import Settings

# How the model of each backend is named; the local one has a model of its own.
_NAMED_BY = {
    "openai": "set REFDESK_MODEL to what the server calls it",
    "llamacpp": "set REFDESK_MODEL to a GGUF file",
    "transformers": "set REFDESK_MODEL to a folder or a name on the Hugging Face hub",
}
_CHOOSE = "choose local, openai, llamacpp or transformers"
# Tokens of the local model's prompt and reply where the settings leave it open, and of the prompt, but for one excerpt
# that is longer: two cores read some 40 of a prompt a second.
LOCAL_CONTEXT, LOCAL_PROMPT = 1024, 384
LOCAL_DOCUMENTS = 4  # that it notes one by one: at 40 tokens a second read and 15 written, 15 seconds each


def load_generator(settings: Settings) -> Generator:
    """The language model that ``settings.backend`` and ``settings.model`` name.

    Raises:
        GenerationError: the settings name none, or no key for OpenAI, or it cannot be loaded.
        SettingsError: the key must not be sent to the server that they name.
    """
    model, context, seconds = _model_of(settings), _context_of(settings), settings.generation_seconds
    sampling = Sampling(settings.temperature, settings.seed)
    if settings.backend == "openai":
        from qa.llm.openai_server import OPENAI, OpenAIServer, key_of_openai

        key = settings.key_for_server()
        if key is None and settings.base_url is None:
            key = key_of_openai()
        server = settings.base_url or OPENAI
        return OpenAIServer(model, server, key, context=context, sampling=sampling, seconds=seconds)
    if settings.backend == "transformers":
        from qa.llm.transformers_model import TransformersModel

        return TransformersModel.load(model, context=context, sampling=sampling, seconds=seconds)
    from qa.llm.llamacpp import LlamaCpp

    return LlamaCpp(Path(model).expanduser(), context=context, sampling=sampling, seconds=seconds)


def _context_of(settings: Settings) -> int:
    is_open = settings.backend == "local" and "context" not in settings.model_fields_set
    return LOCAL_CONTEXT if is_open else settings.context


def _model_of(settings: Settings) -> str:
    """What names the model: a setting, or of the local backend the file that its packages carry."""
    if settings.backend == "local":
        from qa.llm.carried import QWEN

        if settings.model:
            raise GenerationError(f"the backend local has a model of its own; for {settings.model} choose llamacpp")
        return str(QWEN.joined())
    if settings.backend not in _NAMED_BY:
        raise GenerationError(f"the backend {settings.backend} writes nothing: {_CHOOSE}")
    if not settings.model:
        raise GenerationError(f"no model is named: {_NAMED_BY[settings.backend]}")
    return settings.model
