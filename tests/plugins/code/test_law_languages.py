"""The law in languages whose tables say much: what may be bound once, from both sides; reordered beside an edit."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code


class Form(NamedTuple):
    """How a file is written: what stands before the definitions N with an edited word, between two, and behind.

    `once` are texts of which each binds what the other binds too; `twice` those that may stand beside each other.
    """

    head: str
    entry: str
    gap: str
    tail: str
    once: tuple[tuple[str, str], ...]
    twice: tuple[tuple[str, str], ...]


FORMS = {
    "a.dart": Form(
        "import 'dart:io';\n\n", "int N(int a) {\n  one(a);\n  return two_N;\n}\n", "\n", "",
        (("int dup(int a) => a;\n", "String dup() {\n  return '';\n}\n"), ("class Dup {}\n", "enum Dup { a, b }\n"),
         ("const dup = 1;\n", "final String dup = '';\n")),
        (("int get dup => 1;\n", "set dup(int value) {\n  print(value);\n}\n"),),
    ),
    "BUILD": Form(
        'load("//a:b.bzl", "one")\n\n', 'one(\n    name = "N",\n    size = 1,\n    two = "two_N",\n)\n', "\n", "",
        (('one(\n    name = "dup",\n)\n', 'one(\n    name = "dup",\n    size = 2,\n)\n'),
         ("DUP = 1\n", 'DUP = "a"\n'), ('load("//a:c.bzl", "dup")\n', 'load("//a:d.bzl", "other", dup = "x")\n'),
         ("def dup(a):\n    pass\n", "def dup():\n    return 1\n")),
        (('load("//a:c.bzl", "two")\n', 'load("//a:c.bzl", "three")\n'),),
    ),
}  # fmt: skip
NAMES = ("alfa", "bravo", "carol", "delta")
CASES = [(path, pair) for path, form in FORMS.items() for pair in form.once]
LAWFUL = [(path, pair) for path, form in FORMS.items() for pair in form.twice]


def written(form: Form, names: tuple[str, ...], edited: str = "", first: str = "", last: str = "") -> bytes:
    """A file with these definitions, one of them edited, and texts behind the first of them and behind all."""
    entries = [form.entry.replace("N", name).replace("two_", "2nd_" if name == edited else "two_") for name in names]
    if first:
        entries.insert(1, first)
    if last:
        entries.append(last)
    return (form.head + form.gap.join(entries) + form.tail).encode()


def clean_for_git(base: bytes, ours: bytes, theirs: bytes) -> bool:
    return not conflicts_of(text_chunks(base, ours, theirs) or [])


@pytest.mark.parametrize(("path", "pair"), CASES)
def test_what_both_bind_in_two_places_is_a_conflict(path: str, pair: tuple[str, str]) -> None:
    form = FORMS[path]
    base = written(form, NAMES)
    for one, other in (pair, pair[::-1]):
        mine, others = written(form, NAMES, first=one), written(form, NAMES, last=other)
        assert clean_for_git(base, mine, others)
        for sides in ((mine, others), (others, mine)):
            assert merge_code(path, base, *sides).conflicts


@pytest.mark.parametrize(("path", "pair"), LAWFUL)
def test_what_may_stand_together_is_none(path: str, pair: tuple[str, str]) -> None:
    form = FORMS[path]
    base = written(form, NAMES)
    for one, other in (pair, pair[::-1]):
        mine, others = written(form, NAMES, first=one), written(form, NAMES, last=other)
        for sides in ((mine, others), (others, mine)):
            merged = merge_code(path, base, *sides)
            assert not merged.conflicts and merged.content == written(form, NAMES, first=one, last=other)


@pytest.mark.parametrize("path", FORMS)
def test_an_edit_follows_what_the_other_side_reorders(path: str) -> None:
    form = FORMS[path]
    base = written(form, NAMES)
    for order in (("bravo", "carol", "delta", "alfa"), ("delta", "alfa", "bravo", "carol")):
        for edited in NAMES:
            mine, others = written(form, order), written(form, NAMES, edited)
            for sides in ((mine, others), (others, mine)):
                merged = merge_code(path, base, *sides)
                assert not merged.conflicts and merged.content == written(form, order, edited)


@pytest.mark.parametrize("path", FORMS)
def test_new_ones_of_both_at_one_place_stand_side_by_side(path: str) -> None:
    form = FORMS[path]
    base = written(form, NAMES)
    for at in (1, 2, 4):
        mine = written(form, (*NAMES[:at], "mine", *NAMES[at:]))
        others = written(form, (*NAMES[:at], "others", *NAMES[at:]))
        merged = merge_code(path, base, mine, others)
        assert merged.content == written(form, (*NAMES[:at], "mine", "others", *NAMES[at:]))
        merged = merge_code(path, base, others, mine)
        assert merged.content == written(form, (*NAMES[:at], "others", "mine", *NAMES[at:]))
