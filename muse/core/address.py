"""Which address lies inside which: `src` holds `src/a.py`, which holds `src/a.py::C`, which holds `src/a.py::C.m`."""

from __future__ import annotations

from collections.abc import Callable, Iterator


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


def inside(path: str, address: str) -> str:
    """What an address says below a file: `key` for `path::key` and for `path/key`; one that says no path, as it is."""
    for separator in ("::", "/"):
        if address.startswith(path + separator):
            return address[len(path) + len(separator) :]
    return address


def split(address: str, is_file: Callable[[str], bool]) -> tuple[str, str]:
    """The file an address speaks of and what is named below it, "" for the whole file.

    `path::key` says it itself; in `path/key` it takes a look at what is a file, because nothing lies below one.
    """
    path, found, rest = address.partition("::")
    if found or is_file(address) or ".." in address.split("/"):
        return path, rest
    above = next((at for at in reversed(list(ancestors(address))) if is_file(at)), None)
    return (address, "") if above is None else (above, address[len(above) + 1 :])
