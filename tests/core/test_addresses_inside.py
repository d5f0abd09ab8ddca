"""What an address says of a file and of what is in it."""

from __future__ import annotations

import pytest

from muse.core.address import inside, split


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("a/b.txt", ("a/b.txt", "")),
        ("a/b.txt::f", ("a/b.txt", "f")),
        ("a/b.txt/f", ("a/b.txt", "f")),
        ("a/b.txt/f/g.h", ("a/b.txt", "f/g.h")),
        ("a/new.txt", ("a/new.txt", "")),
        ("a/new.txt::f/g", ("a/new.txt", "f/g")),
        ("c", ("c", "")),
    ],
)
def test_split(address: str, wanted: tuple[str, str]) -> None:
    assert split(address, {"a/b.txt"}.__contains__) == wanted


def test_inside() -> None:
    assert [inside("a.x", at) for at in ("a.x::k", "a.x/k", "k", "a.xy/k", "a.x/k/l")] == [
        "k",
        "k",
        "k",
        "a.xy/k",
        "k/l",
    ]
