"""The law where there is no grammar, or no name: blocks of text by first lines, equations; anchors of YAML."""

from __future__ import annotations

import re

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.languages import load
from muse.plugins.code.merge.file import merge_code

BLOCKS = {
    "a.sql": "-- all of N\nCREATE TABLE N (\n  id int,\n  name text,\n\n  made date\n);\n",
    "a.tf": 'resource "x" "N" {\n  size  = 1\n  name  = "text"\n  count = 2\n}\n',
    "a.proto": "message N {\n  int32 id = 1;\n  string text = 2;\n}\n",
    "a.hs": "f N = run\n  where\n    run = text x\n    x = 1\n",
    "a.ex": "def f(N) do\n  open()\n  text(x)\n  run(x)\nend\n",
    "a.txt": "Chapter N.\nIt is about the text that follows.\nIt goes on.\n",
}
ORDERS = ("bacd", "bcda", "dcba")


def written(path: str, order: str, edited: str = "") -> bytes:
    parts = [BLOCKS[path].replace("N", name).replace("text", "other" if name == edited else "text") for name in order]
    return "\n".join(parts).encode()


@pytest.mark.parametrize("path", BLOCKS)
def test_an_edit_stays_in_its_block(path: str) -> None:
    astray = 0
    base = written(path, "abcd")
    for order in ORDERS:
        for edited in "abcd":
            mine, other, wanted = written(path, order), written(path, "abcd", edited), written(path, order, edited)
            text = text_chunks(base, mine, other) or []
            astray += not conflicts_of(text) and b"".join(filter(bytes, text)) != wanted  # type: ignore[arg-type]
            for sides in ((mine, other), (other, mine)):
                merged = merge_code(path, base, *sides)
                assert merged.conflicts or merged.content == wanted
                assert not merged.conflicts or conflicts_of(text), (order, edited)
    assert astray > 3 or path == "a.txt"  # what Git's text merge puts into the wrong one


def test_blocks_are_found_in_time() -> None:
    """No text makes the pattern of a block go over it again and again."""
    pattern = re.compile(load("plain").lines[1].encode(), re.M)
    for hostile in (
        b"\n" * 50_000,
        b" \n" * 50_000,
        b"a\n\n \t" * 20_000,
        b"# \n" * 20_000,
        b"x" * 100_000,
        b"\n\n)" * 9_000,
    ):
        blocks = list(pattern.finditer(b"a\n" + hostile))
        assert len(blocks) <= 20_001


ANCHORS = "a: &x\n  p: 1\n  q: 2\n\nb:\n  r: 3\n\nc:\n  s: 4\n\nd:\n  t: 5\n"
BROKEN = [
    # ours, theirs, what is said
    (ANCHORS.replace("&x", "&y"), ANCHORS + "\ne:\n  <<: *x\n", "*x stands for nothing"),
    (ANCHORS.replace(" &x", ""), ANCHORS.replace("t: 5", "t: *x"), "*x stands for nothing"),
    (ANCHORS.replace("b:\n", "b: &n\n").replace("s: 4", "s: *n"), ANCHORS.replace("d:\n", "d: &n\n") + "  w: *n\n",
     "&n is named twice"),
    ("b:\n  r: 3\n\nc:\n  s: 4\n\nd:\n  t: 5\n\na: &x\n  p: 1\n  q: 2\n", ANCHORS.replace("r: 3", "r: 3\n  u: *x"),
     "*x stands for nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "said"), BROKEN)
def test_an_anchor_stands_above_what_it_is_for(ours: str, theirs: str, said: str) -> None:
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.yml", ANCHORS.encode(), *(side.encode() for side in sides))
        assert merged.conflicts
    assert not conflicts_of(text_chunks(ANCHORS.encode(), ours.encode(), theirs.encode()) or []) or said[0] == "&"


def test_anchors_that_both_sides_use_stay_clean() -> None:
    ours, theirs = ANCHORS.replace("r: 3", "r: *x"), ANCHORS.replace("t: 5", "t: *x")
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code("a.yml", ANCHORS.encode(), *(side.encode() for side in sides))
        assert not merged.conflicts and merged.content == ours.replace("t: 5", "t: *x").encode()
    script = "run: |\n  rm *old\n  a & b\nx: 1\ny: 2\nz: 3\n"  # no alias, in any version
    merged = merge_code(
        "a.yml", script.encode(), *(script.replace(*one).encode() for one in (("x: 1", "x: 9"), ("3", "4")))
    )
    assert not merged.conflicts


# What holds others in a text of which only the outermost is known, or nothing: head, one of it, tail.
INNER = [
    ("a.erl", "f() -> #{\n", "  N => #{\n    size => 10,\n    deep => 20\n  },\n", "  z => 99\n}.\n"),
    ("a.clj", "(def m {\n", "  :N {\n    :size 10\n    :deep 20\n  }\n", "})\n"),
    ("a.gradle", "ext.v = [\n", "    N: [\n        size: 10,\n        deep: 20,\n    ],\n", "]\n"),
    ("a.gradle", "android {\n", "    N {\n        size = 10\n        deep = 20\n    }\n", "}\n"),
    ("a.scss", "", ".N {\n  width: 10;\n  height: 20;\n}\n", ""),
    ("a.cmake", "", "if(N)\n  set(size 10)\n  set(deep 20)\nendif()\n", ""),
    ("a.jsonnet", "{\n", "  N: {\n    size: 10,\n    deep: 20,\n  },\n", "}\n"),
    ("nginx.conf", "http {\n", "  location /N {\n    size 10;\n    deep 20;\n  }\n", "}\n"),
    ("a.sh", "case $x in\n", "  N)\n    size=10\n    deep=20\n    ;;\n", "esac\n"),
    ("a.py", "", "if N():\n    size = 10\n    deep = 20\n", "f()\n"),
    ("a.rb", "", "if n(:N)\n  size = 10\n  deep = 20\nend\n", "f\n"),
    ("a.js", "", "if (N()) {\n  var size = 10;\n  var deep = 20;\n}\n", "f();\n"),
    ("a.py", "def f():\n", "    if N():\n        size = 10\n        deep = 20\n", "    return size\n"),
    ("a.js", "function f() {\n", "  if (N()) {\n    size = 10;\n    deep = 20;\n  }\n", "}\n"),
    ("a.go", "package a\n\nfunc f() {\n", "\tif N() {\n\t\tsize = 10\n\t\tdeep = 20\n\t}\n", "}\n"),
    ("a.rb", "def f\n", "  if n(:N)\n    size = 10\n    deep = 20\n  end\n", "end\n"),
]


@pytest.mark.parametrize(("path", "head", "one", "tail"), INNER)
def test_an_edit_stays_in_what_is_moved_inside(path: str, head: str, one: str, tail: str) -> None:
    def listed(order: str, edited: str = "") -> bytes:
        parts = [one.replace("N", name * 3).replace("10", "11" if name == edited else "10") for name in order]
        return (head + "".join(parts) + tail).encode()

    base = listed("abcd")
    for order in ORDERS:
        for edited in "abcd":
            mine, other, wanted = listed(order), listed("abcd", edited), listed(order, edited)
            for sides in ((mine, other), (other, mine)):
                merged = merge_code(path, base, *sides)
                assert merged.conflicts or merged.content == wanted, (order, edited)
