"""The cyclic garbage collector kept away: from large results under way, and from processes that end soon."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 5_000
_YOUNG = 100_000
_TURNS = 16
_SELDOM = 50_000  # objects made between two collections
_turns = 0


def begin_briefly() -> None:
    """For a process that soon ends: most of what it makes is modules, which are no garbage."""
    gc.set_threshold(_SELDOM)


@contextmanager
def no_collection(size: int = _MANY) -> Iterator[None]:
    """Keep the collector away while about `size` objects are made that are no garbage; below 5,000 it may come.

    What was made in very large numbers is then told to be old. Otherwise the next object anybody makes sets off a walk
    through all of it, which takes as long as a third of the making.
    """
    global _turns
    collecting = size >= _MANY and gc.isenabled()
    if collecting:
        if _turns >= _TURNS:  # garbage that was young at the time was told to be old as well: now and then look for it
            _turns = 0
            gc.collect()
        gc.disable()
    try:
        yield
    finally:
        if collecting:
            if gc.get_count()[0] >= _YOUNG and not gc.get_freeze_count():
                _turns += 1
                gc.freeze()
                gc.unfreeze()  # into the oldest generation, untouched
            gc.enable()
