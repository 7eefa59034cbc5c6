"""How the page presents itself: what its operator may choose in the settings."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from documents.errors import RefdeskError

if TYPE_CHECKING:
    from qa.settings import Settings

LARGEST = 256 * 1024  # bytes of a logo
CONTRAST = 4.5  # of white on the colour, as WCAG asks for
_HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
# Only what is an image by its first bytes: the setting may come with a folder, and visitors see what it names.
_IMAGES = {b"\x89PNG\r\n": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp", b"<svg": "svg+xml"}


class BrandingError(RefdeskError):
    """A setting of the page cannot be used. The message is one line."""


@dataclass(frozen=True, slots=True)
class Branding:
    """Title, words of welcome, colour and logo, as the page gets them; "": the page's own."""

    title: str = "Refdesk"
    welcome: str = ""
    colour: str = ""
    logo: str = ""  # a data: address


def branding_of(settings: Settings) -> Branding:
    """The branding that the settings ask for.

    Raises:
        BrandingError: the colour is none, or white is not legible on it; the logo cannot be read, or is no image.
    """
    logo = _logo(settings.chat_logo) if settings.chat_logo else ""
    return Branding(settings.chat_title, settings.chat_welcome, _colour(settings.chat_colour), logo)


def _colour(colour: str) -> str:
    if colour and not _HEX.fullmatch(colour):
        raise BrandingError(f"chat_colour {colour!r} is no colour: write it as #0b5d4d")
    if colour and 1.05 / (_luminance(colour) + 0.05) < CONTRAST:
        raise BrandingError(f"chat_colour {colour} is too light for white letters: choose a darker one")
    return colour


def _luminance(colour: str) -> float:
    """The relative luminance as WCAG defines it."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _logo(path: Path) -> str:
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except OSError as error:
        raise BrandingError(f"chat_logo {path} cannot be read: {error.strerror}") from error
    kind = next((kind for begins, kind in _IMAGES.items() if data.startswith(begins)), None)
    if kind is None:
        raise BrandingError(f"chat_logo {path} is no PNG, JPEG, WebP or SVG image of up to {LARGEST // 1024} KB")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
