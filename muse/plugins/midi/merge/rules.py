"""`.museattributes` rules that settle conflicts inside a MIDI file.

A rule's `dimension` is words that must all hold: a dimension's name, `track:<index>`, `bars:<first>-<last>`.
`dimension = "notes track:1 bars:5-8"` with `strategy = "theirs"` settles conflicts about notes there for theirs. A rule
never touches what merges by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from muse.plugins.midi.file.bars import TimeMap
from muse.plugins.midi.file.dimensions import NAMES

if TYPE_CHECKING:
    from muse.core.attributes import AttributeRule


class ScopedRule:
    """A rule made ready for one file; `strategy` None leaves the conflict to a person."""

    __slots__ = ("_bars", "_dimension", "_track", "strategy")

    def __init__(self, words: str, strategy: str) -> None:
        self.strategy = strategy if strategy in ("ours", "theirs", "base") else None
        self._dimension = self._track = ""
        self._bars: tuple[int, int] | None = None
        for word in words.split():
            key, _, value = word.partition(":")
            if key == "track":
                self._track = value
            elif key == "bars":
                first, _, last = value.partition("-")
                self._bars = (int(first), int(last or first))
            else:
                self._dimension = word

    def matches(self, address: str, dimension: str, tick: int, times: TimeMap) -> bool:
        """True when the conflict at an address is in the rule's scope."""
        if self._dimension and self._dimension != dimension:
            return False
        if self._track and not f"{address}/".startswith(f"track:{self._track}/"):
            return False
        return self._bars is None or self._bars[0] <= times.position(tick)[0] <= self._bars[1]


def rules_for(rules: Iterable[AttributeRule], path: str) -> list[ScopedRule]:
    """The rules for parts of this file, in the order they are tried; whole-file rules are somebody else's."""
    return [
        ScopedRule(rule.dimension, rule.strategy)
        for rule in rules
        if fnmatchcase(path, rule.path_pattern) and _is_ours(rule.dimension)
    ]


def _is_ours(words: str) -> bool:
    return bool(words.split()) and all(
        word in NAMES
        or (word.startswith("track:") and word[6:].isdecimal())
        or (word.startswith("bars:") and word[5:].replace("-", "", 1).isdecimal())
        for word in words.split()
    )
