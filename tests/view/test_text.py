"""Deltas as text: one line for a path, what is inside below it."""

from __future__ import annotations

from muse.core.terminal import escaped
from muse.domain import DeleteOp, InsertOp, MoveOp, PatchOp, ReplaceOp, StructuredDelta
from muse.view.graph import MARK, graph_lines
from muse.view.text import delta_lines, headline, one_line, shorten


def insert(address, summary):
    return InsertOp(op="insert", address=address, position=None, content_id="x", content_summary=summary)


def replace(address, old, new):
    return ReplaceOp(
        op="replace",
        address=address,
        position=None,
        old_content_id="x",
        new_content_id="y",
        old_summary=old,
        new_summary=new,
    )


def patch(address, children, summary, **more):
    return PatchOp(op="patch", address=address, child_ops=children, child_domain="code", child_summary=summary, **more)


DELTA = StructuredDelta(
    domain="files",
    summary="",
    ops=[
        insert("new.py", "added new.py"),
        DeleteOp(op="delete", address="gone.py", position=None, content_id="x", content_summary="deleted gone.py"),
        replace("plain.txt", "plain.txt", "changed plain.txt"),
        patch(
            "a.py",
            [
                replace("a.py::load", "function load", "function load: body changed"),
                patch("a.py::P", [insert("a.py::P.read", "added method P.read")], "P.read added"),
                replace("a.py::x", "1", "2"),
                MoveOp(op="move", address="a.py::y", from_position=3, to_position=1, content_id="x"),
            ],
            "load() changed, P.read added",
        ),
        patch("b.py", [], "renamed from old.py", from_address="old.py"),
    ],
)


def test_a_delta_reads_from_the_path_inwards():
    assert list(delta_lines(DELTA)) == [
        "A  new.py",
        "D  gone.py",
        "M  plain.txt",
        "M  a.py: load() changed, P.read added",
        "    ~ function load: body changed",
        "    ~ P.read added",
        "        + added method P.read",
        "    ~ x: 1 -> 2",
        "    > y: moved from 3 to 1",
        "R  b.py: renamed from old.py",
    ]
    assert list(delta_lines(DELTA, deep=False))[3:] == [
        "M  a.py: load() changed, P.read added",
        "R  b.py: renamed from old.py",
    ]
    assert escaped(next(delta_lines(DELTA, color=True))) == "\x1b[32mA\x1b[m  new.py"


def test_one_line_for_all_of_it():
    assert headline(DELTA) == "new.py: added; gone.py: deleted; plain.txt: modified; 2 more"
    assert headline({**DELTA, "ops": []}) == ""


def test_names_and_contents_cannot_redraw_the_terminal():
    evil = "a\x1b[2J\nb\r\x07\u202e.py"
    assert one_line(evil) == r"a\x1b[2J b \x07\u202e.py"
    (line,) = delta_lines({**DELTA, "ops": [patch(evil, [], "bad\x1b[31m\nsummary")]})
    assert "\x1b" not in line and "\n" not in line and "\r" not in line


def test_a_long_sentence_is_cut_where_a_part_ends():
    parts = [f"part {n} changed" for n in range(20)]
    cut = shorten("; ".join(parts))
    assert len(cut) <= 112 and cut.startswith("part 0 changed; part 1 changed; ") and cut.endswith("changed; and more")
    assert shorten("short") == "short" and len(shorten("x" * 500)) == 100


def test_a_graph_keeps_its_drawing():
    drawn = [f"* {MARK}sone", f"| {MARK}tt1 p1", f"*   {MARK}smerge", f"|\\  {MARK}tt2 p2 p3", f"| * {MARK}sside",
        f"| | {MARK}t\x1b[mt3 p3",
    ]  # fmt: skip
    said = {"t1": "said", "t3": ""}
    assert list(graph_lines(drawn, lambda tree, parents: said.get(tree, ""))) == [
        "* one",
        "|   said",
        "*   merge",
        "|\\",
        "| * side",
    ]
