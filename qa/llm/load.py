"""The choice of a language model; a backend's libraries are imported only when it is chosen."""

from __future__ import annotations

from qa.llm.base import GenerationError, Generator
from qa.settings import Settings


def load_generator(settings: Settings) -> Generator:
    """The language model that ``settings.backend`` and ``settings.model`` name.

    Raises:
        GenerationError: the settings name none, or it cannot be loaded.
    """
    if settings.backend == "openai":
        from qa.llm.openai_server import OpenAIServer

        return OpenAIServer.of(settings)
    if settings.backend == "llamacpp":
        from qa.llm.llamacpp import LlamaCpp

        return LlamaCpp.of(settings)
    if settings.backend == "transformers":
        from qa.llm.transformers_model import TransformersModel

        return TransformersModel.of(settings)
    raise GenerationError(f"the backend {settings.backend} writes nothing: choose openai, llamacpp or transformers")
