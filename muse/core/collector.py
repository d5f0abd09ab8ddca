"""Large results made without the cyclic garbage collector walking through them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 5_000


@contextmanager
def no_collection(size: int = _MANY) -> Iterator[None]:
    """Keep the collector away while about `size` objects are made that are no garbage; below 5,000 it may come."""
    collecting = size >= _MANY and gc.isenabled()
    if collecting:
        gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
