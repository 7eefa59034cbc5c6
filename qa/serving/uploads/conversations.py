"""Which files each conversation holds or is sending, and how many and how large they may be."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from documents.errors import RefdeskError

MEGABYTE = 1024 * 1024

State = Literal["waiting", "reading", "ready", "failed"]


class UploadError(RefdeskError):
    """A file is not taken. The message is one line for the visitor; ``status`` is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What visitors may bring, in files and bytes, and for how long, in seconds."""

    file_bytes: int = 64 * MEGABYTE
    small_bytes: int = 256 * 1024  # of a file that never waits for a larger one of another conversation
    passages: int = 3000  # of one file, each of about 800 characters: two cores embed that many in a minute
    files_of_conversation: int = 50
    kept: int = 4096 * MEGABYTE  # of all conversations
    kept_of_conversation: int = 1024 * MEGABYTE
    kept_of_address: int = 2048 * MEGABYTE
    conversations: int = 1000  # that hold files
    conversations_of_address: int = 50
    receiving_of_conversation: int = 2  # files at a time; the page sends one after the other
    receiving_of_address: int = 8
    grace: float = 120.0  # from when the page was left until its conversation is over: a reload comes back sooner
    silence: float = 3600.0  # without a request that end a conversation; an open page sends one each minute
    sweep: float = 5.0  # between two looks for conversations that are over


@dataclass(slots=True)
class Upload:
    """A file of a conversation; ``share`` of it is read (0 to 1), ``held`` bytes of it lie on the disk."""

    number: int
    name: str
    path: Path
    held: int
    state: State = "waiting"
    share: float = 0.0
    reason: str = ""
    cancelled: bool = False

    @classmethod
    def read_elsewhere(cls, path: Path) -> Upload:
        """A file that was read at another server, where its bytes are."""
        return cls(int(path.parent.name), path.name, path, 0, "ready", 1.0)

    def to_dict(self) -> dict[str, Any]:
        """The upload as the page gets it."""
        return {
            "number": self.number,
            "name": self.name,
            "state": self.state,
            "share": round(self.share, 3),
            "reason": self.reason,
        }


@dataclass(eq=False, slots=True)
class Conversation:
    """The files of one page; ``heard`` and ``left`` are times of the clock in seconds."""

    owner: str
    address: str  # of the client that brought its first file
    folder: Path
    heard: float
    left: float | None = None
    latest: int = 0  # the number of its latest file
    served: int = 0  # its latest turn in the queue for indexing
    uploads: dict[int, Upload] = field(default_factory=dict)


@dataclass(slots=True)
class _Receiving:
    """A file that is being received. It takes room for the bytes that have arrived, not for those announced."""

    conversation: Conversation
    address: str
    size: int
    arrived: int = 0


def number_of(path: Path) -> int:
    """The number of the upload that is written to ``path``."""
    return int(path.parent.name)


class Conversations:
    """The conversations that hold or send files, within ``limits``. Not thread-safe: ``Uploads`` locks it.

    Every method raises UploadError where a file, or more of one, is not taken.
    """

    def __init__(self, folder: Path, limits: UploadLimits, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._open: dict[str, Conversation] = {}
        self._receiving: dict[Path, _Receiving] = {}

    @property
    def owners(self) -> list[str]:
        """The owners of the open conversations."""
        return list(self._open)

    def get(self, owner: str) -> Conversation | None:
        """The owner's conversation, if it is open."""
        return self._open.get(owner)

    def read(self, owner: str) -> list[Upload]:
        """The owner's files that are ready."""
        held = self._open[owner].uploads.values() if owner in self._open else ()
        return [upload for upload in held if upload.state == "ready"]

    def forget(self, owner: str, number: int) -> Upload | None:
        """Takes a file out of the owner's conversation, if it is there."""
        return self._open[owner].uploads.pop(number, None) if owner in self._open else None

    def hear(self, owner: str, address: str = "") -> Conversation:
        """The owner's conversation, opened if need be; it is alive, and its page is not left."""
        conversation = self._open.get(owner)
        if conversation is None:
            # The name is new each time: a file may still be arriving in the folder of the owner's last conversation.
            folder = self._folder / secrets.token_hex(8)
            conversation = self._open[owner] = Conversation(owner, address, folder, self._clock())
        conversation.heard, conversation.left = self._clock(), None
        return conversation

    def leave(self, owner: str) -> None:
        """The page of the conversation was left."""
        if owner in self._open:
            self._open[owner].left = self._clock()

    def end(self, owner: str) -> Conversation | None:
        """Closes the owner's conversation and returns it."""
        return self._open.pop(owner, None)

    def end_all(self) -> list[Conversation]:
        """Closes all conversations and returns them."""
        over = list(self._open.values())
        self._open.clear()
        return over

    def over(self) -> list[str]:
        """The owners of conversations that were left, or silent for long."""
        now, limits = self._clock(), self._limits
        return [
            owner
            for owner, conversation in self._open.items()
            if now - conversation.heard > limits.silence
            or (conversation.left is not None and now - conversation.left > limits.grace)
        ]

    def receive(self, owner: str, address: str, name: str, size: int) -> Path:
        """The path to write a file of ``size`` bytes to, in a new folder."""
        self._check_conversations(owner, address)
        conversation = self.hear(owner, address)
        receiving = [one for one in self._receiving.values() if one.conversation.owner == owner]
        of_address = sum(one.address == address for one in self._receiving.values())
        limits = self._limits
        if len(conversation.uploads) + len(receiving) >= limits.files_of_conversation:
            raise UploadError(
                f"a conversation holds at most {limits.files_of_conversation} files: remove some first", 409
            )
        if len(receiving) >= limits.receiving_of_conversation or of_address >= limits.receiving_of_address:
            raise UploadError("too many files are being sent at a time: send it when the others have arrived", 429)
        self._check_room(conversation, address, size)
        # Numbers are times: at another server, where the file may follow, no other has it, and order stays as it was.
        conversation.latest = max(conversation.latest + 1, time.time_ns() // 1_000_000)
        path = conversation.folder / str(conversation.latest) / name
        self._receiving[path] = _Receiving(conversation, address, size)
        return path

    def arrived(self, path: Path, count: int) -> None:
        """Another ``count`` bytes of the file for ``path`` have come."""
        receiving = self._receiving[path]
        self._check_room(receiving.conversation, receiving.address, count)
        receiving.arrived += count

    def complete(self, owner: str, path: Path) -> tuple[Conversation, Upload]:
        """The file for ``path`` is here whole, and belongs to its conversation now, unless that is over."""
        receiving = self._receiving[path]
        if self._open.get(owner) is not receiving.conversation:
            raise UploadError("the conversation is over", 409)
        del self._receiving[path]
        conversation = self.hear(owner)
        upload = Upload(number_of(path), path.name, path, receiving.size)
        conversation.uploads[upload.number] = upload
        return conversation, upload

    def abort(self, path: Path) -> Conversation | None:
        """Stops expecting the file for ``path``; its conversation, or None where the file is complete."""
        receiving = self._receiving.pop(path, None)
        return receiving.conversation if receiving else None

    def forget_empty(self, conversation: Conversation) -> bool:
        """Closes a conversation that neither holds nor sends a file: one that only announces files takes no place."""
        sends = any(one.conversation is conversation for one in self._receiving.values())
        if conversation.uploads or sends or self._open.get(conversation.owner) is not conversation:
            return False
        del self._open[conversation.owner]
        return True

    def _check_conversations(self, owner: str, address: str) -> None:
        """Raises UploadError where it would be one conversation with files too many."""
        if owner in self._open:
            return
        of_address = sum(one.address == address for one in self._open.values())
        if of_address >= self._limits.conversations_of_address or len(self._open) >= self._limits.conversations:
            raise UploadError("too many conversations hold files just now: try again later", 429)

    def _check_room(self, conversation: Conversation, address: str, more: int) -> None:
        """Raises UploadError where ``more`` bytes are too many, of the conversation, of the address, or of all."""
        held = [(one, upload.held) for one in self._open.values() for upload in one.uploads.values()]
        held += [(one.conversation, one.arrived) for one in self._receiving.values()]
        of_conversation = sum(size for one, size in held if one is conversation)
        of_address = sum(size for one, size in held if one.address == address)
        limits = self._limits
        if of_conversation + more > limits.kept_of_conversation:
            raise UploadError("the conversation holds as much as it can: remove some files first", 507)
        if of_address + more > limits.kept_of_address or sum(size for _, size in held) + more > limits.kept:
            raise UploadError("the server holds as many files as it can just now: try again later", 507)
