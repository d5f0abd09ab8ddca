"""How far long work has come, told to whoever asked; nobody does but a door with a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")
Teller = Callable[[str, int, "int | None"], None]
"""Told what is being done, how many are done, and how many there are (None when nobody knows)."""
_teller: Teller | None = None


def tell(teller: Teller | None) -> None:
    """From now on `teller` is told; None to tell nobody."""
    global _teller
    _teller = teller


def wanted() -> bool:
    """True when somebody is told."""
    return _teller is not None


def say(what: str, done: int, total: int | None = None) -> None:
    """Tell how far it is, once."""
    if _teller is not None:
        _teller(what, done, total)


def counted(things: Iterable[T], what: str) -> Iterator[T]:
    """The things, one after another; before each it is told how far that is. `what` is a word such as "merging"."""
    total = len(things) if isinstance(things, Sized) else None
    for done, thing in enumerate(things):
        say(what, done, total)
        yield thing
