"""Which address lies inside which: `src` holds `src/a.py`, which holds `src/a.py::C`, which holds `src/a.py::C.m`."""

from __future__ import annotations

from collections.abc import Iterator


def ancestors(address: str) -> Iterator[str]:
    """Every proper ancestor, the nearest last.

    A part ends at `/` or `::`, and at `.` or `#` once a `::` has been passed: in a path both are ordinary letters
    (`Makefile` does not hold `Makefile.am`).
    """
    inside_file = False
    at, end = 1, len(address) - 1
    while at < end:
        letter = address[at]
        if letter == ":" and address[at + 1] == ":":
            yield address[:at]
            inside_file = True
            at += 2
            continue
        if letter == "/" or (inside_file and letter in ".#"):
            yield address[:at]
        at += 1


def overlap(a: str, b: str) -> bool:
    """True when the addresses are equal or one holds the other."""
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    return short in ancestors(long)


def is_container(address: str) -> bool:
    """True for an address that names a set of things (`files/`, or the whole state) and not one thing."""
    return not address or address.endswith("/")
