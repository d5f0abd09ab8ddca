"""Conflicts over blocks that both sides put in show the blocks whole, and both can be kept."""

from __future__ import annotations

import re

import pytest

from muse.core.blocks import both, shared
from muse.core.markers import Conflict, parse
from muse.core.options import ConflictStyle, MergeOptions, using
from muse.core.textchunks import whole_blocks
from muse.plugins.code.merge.file import merge_code

# path, text before, a block with @, text after; every block ends as the text around it does
SHAPES = {
    "callbacks of JavaScript": (
        "a.js",
        "function f(x) {\n  zero(() => {\n    run(0);\n  });\n",
        "\n  @(() => {\n    run();\n  });\n",
        "}\n",
    ),
    "cases that go on": (
        "a.js",
        "function f(x) {\n  switch (x) {\n    case 0: {\n      run(0);\n    }\n",
        '    case "@": {\n      run("@");\n    }\n',
        "    default: {\n      break;\n    }\n  }\n}\n",
    ),
    "statements of C": (
        "a.c",
        "int main(void)\n{\n    if (zero()) {\n        run();\n    }\n",
        "    if (@()) {\n        run();\n    }\n",
        "    if (last()) {\n        run();\n    }\n}\n",
    ),
    "statements of Python": (
        "a.py",
        "def main():\n    with zero():\n        run()\n",
        "    with @():\n        prepare()\n        run()\n",
        "    with last():\n        run()\n",
    ),
    "statements of Go": (
        "a.go",
        "package a\n\nfunc main() {\n\tif err := zero(); err != nil {\n\t\treturn\n\t}\n",
        "\tif err := @(); err != nil {\n\t\treturn\n\t}\n",
        "\tif err := last(); err != nil {\n\t\treturn\n\t}\n}\n",
    ),
    "loops of Bash": (
        "a.sh",
        "#!/bin/sh\nmain() {\n  for x in zero; do\n    run $x\n  done\n",
        "  for x in @; do\n    run $x\n  done\n",
        "  for x in last; do\n    run $x\n  done\n}\n",
    ),
    "steps of Ruby": (
        "a.rb",
        "def main\n  zero do |x|\n    run x\n  end\n",
        "  @ do |x|\n    run x\n  end\n",
        "  last do |x|\n    run x\n  end\nend\n",
    ),
    "elements of HTML": (
        "a.html",
        "<ul>\n  <li>\n    zero\n  </li>\n",
        '  <li id="@">\n    text\n  </li>\n',
        "  <li>\n    last\n  </li>\n</ul>\n",
    ),
    "calls over lines of Rust": (
        "a.rs",
        "fn main() {\n    zero(\n        1,\n    );\n",
        "    @(\n        1,\n    );\n",
        "    last(\n        1,\n    );\n}\n",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_blocks_are_shown_whole_and_both_are_kept(name: str, style: ConflictStyle) -> None:
    path, before, block, after = SHAPES[name]
    versions = [
        (before + part + after).encode() for part in ("", block.replace("@", "mine"), block.replace("@", "its"))
    ]
    with using(MergeOptions(conflict_style=style)):
        merged = merge_code(path, *versions)
    assert merged.content is not None and len(merged.conflicts) == 1
    shown = re.search(r"^<{7}.*?\n(.*?)(?:^\|{7}.*?)?^={7}\n(.*?)^>{7}", merged.content.decode(), re.M | re.S)
    assert shown is not None
    for text, word in zip(shown.groups(), ("mine", "its"), strict=True):
        assert text.strip("\n") == block.replace("@", word).strip("\n")
    for pick, order in (("both", ("mine", "its")), ("both-theirs-first", ("its", "mine"))):
        with using(MergeOptions(picks={merged.conflicts[0].address: pick})):  # type: ignore[dict-item]
            kept = merge_code(path, *versions)
        blocks = "".join(block.replace("@", word) for word in order)
        assert not kept.conflicts and kept.content == (before + blocks + after).encode()


def test_what_is_shared_is_cut_off_only_where_nothing_is_cut() -> None:
    one, other = b"if a:\n    x()\n    y()\n", b"if b:\n    x()\n    y()\n"
    assert shared(b"", one, other) == (0, 0)
    assert shared(b"if:\n", one, other) == (0, 2), "of an edit, all that both have"
    assert shared(b"", b"f(\n1\n)\n", b"f(\n2\n)\n") == (1, 1), "one thing with two contents"
    assert shared(b"", b"f(\n1\n)\ng()\n", b"f(\n2\n)\nh()\n") == (0, 0)
    assert shared(b"", one, one) == (3, 0)


def test_both_ends_a_line_that_had_no_end() -> None:
    assert both(b"", b"a", b"b") == b"a\nb"
    assert both(b"", b"x\r\na", b"x\r\nb") == b"x\r\na\r\nb"
    assert both(b"old\n", b"", b"new\n") == b"new\n"
    assert both(b"", b"a", b"b", theirs_first=True) == b"b\na"


def test_a_conflict_moves_to_where_it_is_whole_and_each_side_stays() -> None:
    kept = [b"a {\n  x\n}\n", Conflict(b"", b"c {\n  x\n}\n", b"d {\n  x\n}\n"), b"b {\n  x\n}\n"]
    cut = [b"a {\n", Conflict(b"", b"  x\n}\nc {\n", b"  x\n}\nd {\n"), b"  x\n}\nb {\n  x\n}\n"]
    assert whole_blocks(cut) == whole_blocks(kept) == kept
    other = [b"a\n", Conflict(b"", b"  1\n}\ng() {\n", b"  2\n}\nh() {\n"), b"  0\n}\n"]
    assert whole_blocks(other) == other, "there is no better place"


def test_markers_without_a_base_are_no_conflict_with_one() -> None:
    assert parse(b"<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n") is None
    assert parse(b"<<<<<<< a\n1\n||||||| o\n0\n=======\n2\n>>>>>>> b\n") == [b"", Conflict(b"0\n", b"1\n", b"2\n"), b""]
