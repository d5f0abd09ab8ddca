"""The state of one file under join: cells of text in an order that every replica agrees on.

A cell is a definition that holds no other, or one line between definitions. Its place is an element of an RGA, its
text a key of an add-wins map, so that an edit outlives a concurrent deletion and two concurrent texts are both kept.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from muse.core.crdts import RGA, AWMap
from muse.core.errors import FormatError
from muse.core.types import canonical_json

FILE = "file"
"""The key that says the file is there."""
_LATIN = "\0"


class JoinState:
    """Immutable pieces, replaced as a whole: `order` has the cells' ids, `cells` their texts."""

    def __init__(self, order: RGA, cells: AWMap, clock: int) -> None:
        self.order = order
        self.cells = cells
        self.clock = clock

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal states give equal bytes."""
        return canonical_json({"cells": self.cells.to_dict(), "clock": self.clock, "order": self.order.to_dict()})

    @classmethod
    def from_bytes(cls, data: bytes) -> JoinState:
        """The state that bytes stand for; FormatError when they stand for none."""
        try:
            wire: dict[str, Any] = json.loads(data)
            return cls(RGA.from_dict(wire["order"]), AWMap.from_dict(wire["cells"]), int(wire["clock"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise FormatError(f"not the join state of a source file: {error}") from None

    def join(self, other: JoinState) -> JoinState:
        """Everything of both."""
        return JoinState(self.order.join(other.order), self.cells.join(other.cells), max(self.clock, other.clock))

    def alive(self) -> bool:
        """True while the file is there."""
        return FILE in self.cells

    def visible(self) -> list[tuple[str, list[bytes]]]:
        """Per living cell, in order: its id and its texts, the winner first."""
        return [
            (cell, [unpack(text) for text in self.cells.get_all(cell)])
            for cell in self.order.visible_ids()
            if cell in self.cells
        ]


class Writer:
    """Changes made by one actor to one state, each with a token of its own."""

    def __init__(self, state: JoinState, actor: str) -> None:
        self.order, self.cells, self.clock = state.order, state.cells, state.clock
        self.actor = actor

    def set(self, cell: str, text: bytes) -> None:
        """Give a cell one text in place of all it had."""
        self.clock += 1
        self.cells = self.cells.set(cell, pack(text), token=f"{self.clock}@{self.actor}")

    def insert(self, after: str | None, text: bytes) -> str:
        """A new cell; the same text inserted at the same place by two actors is one cell."""
        cell = f"{1 + _number(after)}@{_digest(after or '', text)}"
        self.order = self.order.insert(after, "", element_id=cell)
        self.set(cell, text)
        return cell

    def remove(self, cell: str) -> None:
        """Take away the texts seen in a cell; those nobody here has seen stay."""
        self.cells = self.cells.remove(cell)

    def touch(self) -> None:
        """Say that the file is there."""
        self.set(FILE, b"")

    def state(self) -> JoinState:
        """The state after the changes."""
        return JoinState(self.order, self.cells, self.clock)


def empty() -> JoinState:
    """The state of a file nobody has written."""
    return JoinState(RGA(), AWMap(), 0)


def pack(text: bytes) -> str:
    """Text as JSON can hold it: UTF-8, else byte by byte behind a mark."""
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        return _LATIN + text.decode("latin-1")
    return _LATIN + text.decode("latin-1") if decoded.startswith(_LATIN) else decoded


def unpack(text: str) -> bytes:
    """The bytes behind `pack`."""
    return text[1:].encode("latin-1") if text.startswith(_LATIN) else text.encode("utf-8")


def _number(cell: str | None) -> int:
    return 0 if cell is None else int(cell.partition("@")[0])


def _digest(after: str, text: bytes) -> str:
    return hashlib.sha256(after.encode() + b"\0" + text).hexdigest()[:24]
