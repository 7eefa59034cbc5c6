"""The fields of a record that figures are broken down by."""

from __future__ import annotations

from collections.abc import Collection

from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord, shown

_LONGEST = 60  # characters of a value; what is longer is a text and divides nothing


def named_slices(record: DatasetRecord, *names: str) -> dict[str, str]:
    """Those of the fields called so that hold something.

    Raises:
        DatasetError: one of them is no text.
    """
    return {name: value for name in names if (value := record.text(name))}


def slices_in(record: DatasetRecord, own: Collection[str]) -> dict[str, str]:
    """Each further field that is a short text, a number, or true or false, by its name; ``own`` are the format's.

    Raises:
        DatasetError: ``language`` is no two-letter code.
    """
    language = record.fields.get("language")
    if language is not None and not (isinstance(language, str) and len(language) == 2 and language.islower()):
        raise DatasetError(f"{record.where}: language must be a code of two letters, such as en, not {shown(language)}")
    return {
        name: shown(value) if isinstance(value, bool) else str(value).strip()
        for name, value in record.fields.items()
        if name not in own and _divides(value) and str(value).strip()
    }


def check_fields(record: DatasetRecord, own: Collection[str]) -> None:
    """
    Raises:
        DatasetError: a field is neither one of the format's ``own`` nor a slice, so that it would be passed over.
    """
    for name, value in record.fields.items():
        if name not in own and value is not None and not _divides(value):
            raise DatasetError(
                f"{record.where}: has the unknown field {shown(name)}, and a slice is a short text, a number, or true "
                f"or false; known are {', '.join(own)}"
            )


def _divides(value: object) -> bool:
    """Whether figures are broken down by the value: a short text, a number, or true or false."""
    return isinstance(value, str | int | float) and len(str(value).strip()) <= _LONGEST
