"""An entry that moves from one container to another: its edits go with it, and it is in one place."""

from __future__ import annotations

import pytest

from muse.core.markers import conflicts_of
from muse.core.textchunks import text_chunks
from muse.plugins.code.merge.file import merge_code

Containers = dict[str, list[str]]

# by file: what opens a container C, an entry N with a word that can be edited, what stands between two, what closes
FORMS = {
    "a.py": ("class C:\n", "    def N(self):\n        one_N()\n        two_N()\n        three_N()\n", "\n", ""),
    "a.ts": ("class C {\n", "  N() {\n    one_N();\n    two_N();\n    three_N();\n  }\n", "\n", "}\n"),
    "a.js": ("class C {\n", "  N() {\n    one_N();\n    two_N();\n    three_N();\n  }\n", "\n", "}\n"),
    "A.java": ("class C {\n", "    void N() {\n        one_N();\n        two_N();\n        three_N();\n    }\n",
     "\n", "}\n"),
    "a.rs": ("impl C {\n", "    fn N() {\n        one_N();\n        two_N();\n        three_N();\n    }\n",
     "\n", "}\n"),
    "a.rb": ("class C\n", "  def N\n    one_N()\n    two_N()\n    three_N()\n  end\n", "\n", "end\n"),
    "a.php": ("class C\n{\n", "    function N() {\n        one_N();\n        two_N();\n        three_N();\n    }\n",
     "\n", "}\n"),
    "a.cs": ("class C {\n", "    void N() {\n        one_N();\n        two_N();\n        three_N();\n    }\n",
     "\n", "}\n"),
    "a.kt": ("class C {\n", "    fun N() {\n        one_N()\n        two_N()\n        three_N()\n    }\n", "\n", "}\n"),
    "a.swift": ("class C {\n", "    func N() {\n        one_N()\n        two_N()\n        three_N()\n    }\n",
     "\n", "}\n"),
    "a.scala": ("class C {\n", "  def N() = {\n    one_N()\n    two_N()\n    three_N()\n  }\n", "\n", "}\n"),
    "a.dart": ("class C {\n", "  void N() {\n    one_N();\n    two_N();\n    three_N();\n  }\n", "\n", "}\n"),
    "a.ps1": ("class C {\n", "    [int] N() {\n        one_N\n        two_N\n        return 3\n    }\n", "\n", "}\n"),
    "a.sol": ("contract C {\n",
              "    function N() public {\n        one_N();\n        two_N();\n        go_N();\n    }\n",
              "\n",
              "}\n"),
    "a.jl": ("module C\n", "function N()\n    one_N()\n    two_N()\n    three_N()\nend\n", "\n", "end\n"),
    "a.f90": ("module C\ncontains\n", "  subroutine N()\n    call one_N()\n    call two_N()\n    call three_N()\n"
              "  end subroutine N\n", "\n", "end module C\n"),
    "a.dts": ("&C {\n", "\tN {\n\t\tone = <oneN>;\n\t\ttwo = <two_N>;\n\t\tthree = <threeN>;\n\t};\n", "\n", "};\n"),
    "a.yml": ("C:\n", "  N:\n    one: oneN\n    two: two_N\n    three: threeN\n", "", ""),
    "a.json": ('  "C": {\n    "x": 0,\n', '    "N": {\n      "one": "oneN",\n      "two": "two_N"\n    },\n', "",
               '    "z": 0\n  },\n'),
    "a.ini": ("[C]\n", "N = two_N\n", "", ""),
    "a.toml": ("[C]\n", 'N = "two_N"\n', "", ""),
    "a.md": ("# C\n\n", "## N\n\nThe one N\n\nSee two_N there\n\nThe three N\n\n", "", ""),
    "a.xml": ('<C id="C">\n', '  <m id="N">\n    <one>oneN</one>\n    <two>two_N</two>\n  </m>\n', "", "</C>\n"),
    "a.css": ("@media C {\n", "  .N {\n    one: N;\n    two: two_N;\n    three: N;\n  }\n", "\n", "}\n"),
}  # fmt: skip
AROUND = {"a.json": ("{\n", '  "end": 0\n}\n'), "a.xml": ("<all>\n", "</all>\n"), "a.php": ("<?php\n", "")}
BASE: Containers = {"Aa": ["alfa", "bravo", "carol"], "Bb": ["delta", "echo", "fox"], "Cc": ["golf", "hotel", "india"]}
MOVES = [("alfa", "Bb", "Cc"), ("carol", "Cc", "Bb"), ("delta", "Aa", "Cc")]


def written(path: str, containers: Containers, edited: str = "") -> bytes:
    opens, entry, gap, closes = FORMS[path]
    front, back = AROUND.get(path, ("", ""))
    texts = []
    for name, inner in containers.items():
        parts = [entry.replace("N", one).replace("two_", "2nd_" if one == edited else "two_") for one in inner]
        texts.append(opens.replace("C", name) + gap.join(parts) + closes.replace("C", name))
    return (front + gap.join(texts) + back).encode()


def moved(name: str, to: str = "") -> Containers:
    """The containers with an entry in another one, or in none."""
    left = {key: [one for one in inner if one != name] for key, inner in BASE.items()}
    return {key: [*inner[:1], name, *inner[1:]] if key == to else inner for key, inner in left.items()}


@pytest.mark.parametrize("path", FORMS)
def test_an_edit_follows_its_entry_into_another_container(path: str) -> None:
    clean = 0
    base = written(path, BASE)
    for name, to, _ in MOVES:
        for edited in (name, "bravo", "echo"):
            mine, other = written(path, moved(name, to)), written(path, BASE, edited)
            for sides in ((mine, other), (other, mine)):
                merged = merge_code(path, base, *sides)
                if not merged.conflicts:
                    assert merged.content == written(path, moved(name, to), edited)
                    clean += 1
    assert clean >= 12


@pytest.mark.parametrize("path", FORMS)
def test_an_entry_is_not_in_two_containers(path: str) -> None:
    """Moved to two places, or moved and deleted: Git's text merge is clean and has it twice, or still."""
    base = written(path, BASE)
    for name, to, elsewhere in MOVES:
        mine = written(path, moved(name, to))
        for other in (written(path, moved(name, elsewhere)), written(path, moved(name))):
            assert not conflicts_of(text_chunks(base, mine, other) or [])
            for sides in ((mine, other), (other, mine)):
                merged = merge_code(path, base, *sides)
                assert merged.conflicts and all(name in record.address for record in merged.conflicts)


def test_the_only_container_rewritten_is_the_same_one() -> None:
    """A page under one heading: that and most of what stands there is rewritten, beside an edit in a section."""
    sections = "".join(f"## {name}\n\nSome {name}.\n\nMore {name}.\n\n" for name in ("alfa", "bravo", "carol"))
    base = f"# Old name\n\nThe first text.\n\n{sections}"
    mine = f"# New\n\nNot one word is as it was before.\n\nIt goes on and on.\n\n{sections}"
    mine = mine.replace("Some alfa", "All of alfa").replace("## alfa", "## zulu")
    other = base.replace("Some carol", "Any carol")
    for sides in ((mine, other), (other, mine)):
        merged = merge_code("a.md", base.encode(), *(side.encode() for side in sides))
        assert not merged.conflicts and merged.content == mine.replace("Some carol", "Any carol").encode()
