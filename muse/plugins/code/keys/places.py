"""Where the keys of a file stand: its pairs in order, and its mappings by path."""

from __future__ import annotations

from typing import NamedTuple

from muse.plugins.code.keys.address import Path


class Pair(NamedTuple):
    """A key with its value: where both stand, where the key ends, and where the value alone stands (None: it has none).

    `kind` is "pair", or for TOML "table" and "array" (of tables), whose stretch is all that is written under its head.
    `scope` is the mapping it is written in, `is_null` True for a value that is null in so many letters, or absent.
    """

    path: Path
    start: int
    end: int
    key_end: int
    value: tuple[int, int] | None
    kind: str = "pair"
    scope: Path = ()
    is_null: bool = False


class Scope(NamedTuple):
    """A mapping: its pairs, and whether braces stand around it (else each pair has a line of its own)."""

    path: Path
    start: int
    end: int
    braces: bool
    pairs: list[Pair]


class Places:
    """The pairs of a file in order, and its mappings; a path may have several pairs (TOML's tables, or a mistake)."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.pairs: list[Pair] = []
        self.scopes: dict[Path, Scope] = {}

    def at(self, path: Path) -> list[Pair]:
        """What is written under a path: one pair, or in TOML all that makes it up."""
        if self.name != "toml":
            return [pair for pair in self.pairs if pair.path == path]
        depth, found = len(path), [pair for pair in self.pairs if pair.path[: len(path)] == path]
        return [one for one in found if one.scope[:depth] != path or one.kind != "pair"]


__all__ = ["Pair", "Places", "Scope"]
