"""What was made last is not made again."""

from __future__ import annotations

from index.recent import Recent


def test_what_was_asked_for_last_is_not_made_again() -> None:
    made: list[list[str]] = []

    def lengths(keys: list[str]) -> list[int]:
        made.append(keys)
        return [len(key) for key in keys]

    kept = Recent[str, int](2)
    assert kept.of(["a", "bb", "a"], lengths) == [1, 2, 1]
    assert kept.of(["bb", "ccc"], lengths) == [2, 3]
    assert kept.of(["a"], lengths) == [1]
    assert kept.get("ccc", lambda: 9) == 3
    assert kept.get("bb", lambda: 9) == 9
    assert made == [["a", "bb"], ["ccc"], ["a"]]
