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
    "a.hs": Form(
        "module A where\n\nimport B\n\n", "N :: Int -> Int\nN 0 = one\nN a = two_N a\n", "\n", "",
        (("dup :: Int\ndup = 1\n", "dup :: Int -> Int\ndup a = a\n"), ("data Dup = Dup\n", "type Dup = Int\n"),
         ("instance Show Dup where\n  show _ = one\n", "instance Show Dup where\n  show a = two a\n")),
        (("instance Show Dup where\n  show _ = one\n", "instance Show Other where\n  show a = two a\n"),),
    ),
    "a.ex": Form(
        "defmodule A do\n", '  @doc "N"\n  def N(0), do: one()\n\n  def N(a) do\n    two_N(a)\n  end\n', "\n", "end\n",
        (("  def dup(a), do: a\n", "  def dup(b) do\n    two(b)\n  end\n"),
         ("  def dup(a), do: a\n", "  defp dup(b) do\n    two(b)\n  end\n"), ("  @dup 1\n", "  @dup 2\n"),
         ('  test "dup" do\n    one()\n  end\n', '  test "dup" do\n    two()\n  end\n'),
         ("  alias B.Dup\n", "  alias C.Dup\n")),
        (("  def dup(a), do: a\n", "  def dup(a, b), do: {a, b}\n"), ("  @behaviour A\n", "  @behaviour B\n")),
    ),
    "a.nix": Form(
        "{ a, b }:\n{\n", "  N = {\n    one = a;\n    two_N = b;\n    three.N = 3;\n  };\n", "\n", "}\n",
        (("  dup = 1;\n", "  dup = { };\n"), ("  dup.a = 1;\n", "  dup.a = 2;\n"), ("  inherit dup;\n",
         "  dup = 1;\n")),
        (("  dup.a = 1;\n", "  dup.b = 1;\n"),),
    ),
    "a.ml": Form(
        "open B\n\n", "let N a =\n  let b = one a in\n  two_N b\n", "\n", "",
        (("let dup = 1\n", "let dup a = a\n"), ("type dup = int\n", "type dup = string\n"),
         ("module Dup = struct end\n", "module Dup = B\n")),
        (("let dup = 1\n", "type dup = int\n"), ("let () = one ()\n", "let () = two ()\n")),
    ),
    "a.mli": Form(
        "open B\n\n", "(** about N *)\nval N : one -> two_N -> int\n", "\n", "",
        (("val dup : int\n", "val dup : string\n"), ("type dup\n", "type dup = string\n")),
        (("val dup : int\n", "type dup = int\n"),),
    ),
    "a.zig": Form(
        'const std = @import("std");\n\n', "fn N(a: u32) u32 {\n    const b = one(a);\n    return two_N(b);\n}\n",
        "\n", "",
        (("const dup = 1;\n", "const dup: u32 = 2;\n"), ("fn dup() void {}\n",
         "const Dup = 1;\nconst dup = struct {};\n"),
         ('const dup = @import("a.zig");\n', 'const dup = @import("b.zig");\n'),
         ('test "dup" {\n    one();\n}\n', 'test "dup" {\n    two();\n}\n')),
        (("const dup = 1;\n", 'test "dup" {\n    two();\n}\n'),),
    ),
}  # fmt: skip
NAMES = ("alfa", "bravo", "carol", "delta")
CASES = [(path, pair) for path, form in FORMS.items() for pair in form.once]
LAWFUL = [(path, pair) for path, form in FORMS.items() for pair in form.twice]


def written(form: Form, names: tuple[str, ...], edited: str = "", first: str = "", last: str = "") -> bytes:
    """A file with these definitions, one of them edited, and texts behind the first of them and behind all."""
    entries = [form.entry.replace("N", name).replace("two_", "too_" if name == edited else "two_") for name in names]
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


def test_what_closes_a_definition_goes_with_it() -> None:
    """The same new definition at two places stays once, and so does the `;;` behind it."""
    form = Form("open B\n\n", "let N a =\n  two_N a\n;;\n", "\n", "", (), ())
    base = written(form, NAMES)
    for at, other in ((1, 3), (2, 4), (0, 2)):
        mine = written(form, (*NAMES[:at], "fresh", *NAMES[at:]))
        others = written(form, (*NAMES[:other], "fresh", *NAMES[other:]))
        for sides in ((mine, others), (others, mine)):
            merged = merge_code("a.ml", base, *sides)
            assert merged.conflicts or merged.content in (mine, others)
