"""What changed, symbol by symbol, and edits replayed from it."""

from __future__ import annotations

import pytest

from muse.domain import DomainOp
from muse.plugins.code.plugin import CodePlugin
from tests.plugins.code.test_merge import BASE

PLUGIN = CodePlugin()


def diff(new: bytes, old: bytes = BASE) -> tuple[list[DomainOp], str]:
    found = PLUGIN.diff_file("api.py", old, new)
    assert found is not None
    return found


def flat(ops: list[DomainOp]) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for op in ops:
        out.append((op["op"], op["address"]))
        out += flat(op["child_ops"]) if op["op"] == "patch" else []
    return out


def test_the_summary_names_what_happened() -> None:
    new = (
        BASE.replace(b"import sys\n", b"import sys\nimport re\nimport io\n")
        .replace(b"def load(", b"def read(")
        .replace(b"text.split()", b"text.split(2)")
    )
    ops, summary = diff(new)
    assert summary == "load() renamed read(), Parser.parse changed, 2 imports added"
    assert flat(ops) == [
        ("replace", "api.py::load"),
        ("patch", "api.py::Parser"),
        ("replace", "api.py::Parser.parse"),
        ("insert", "api.py::import::import re"),
        ("insert", "api.py::import::import io"),
    ]


@pytest.mark.parametrize(
    ("new", "summary"),
    [
        (BASE.replace(b"(path):", b"(path, mode):"), "load() signature changed"),
        (BASE.replace(b"open(path)", b"open( path )"), "load() reformatted"),
        (BASE.replace(b".read()", b".read(1)"), "load() changed"),
        (BASE + b"\n\ndef save():\n    pass\n", "save() added"),
        (BASE[: BASE.index(b"class")].rstrip() + b"\n", "Parser removed"),
        (BASE.replace(b"class Parser", b"class Reader"), "Parser renamed Reader"),
        (BASE.replace(b"import os\n", b"import os\n# note\n"), "text outside of definitions changed"),
    ],
)
def test_kinds_of_change(new: bytes, summary: str) -> None:
    assert diff(new)[1] == summary


def test_a_move_inside_a_file() -> None:
    tail = BASE[BASE.index(b"class Parser") :]
    moved = BASE[: BASE.index(b"def load")] + tail + b"\n\n" + BASE[BASE.index(b"def load") : BASE.index(b"class")]
    ops, _ = diff(moved)
    assert any(op["op"] == "move" for op in ops)


@pytest.mark.parametrize(
    "new",
    [
        BASE.replace(b".read()", b".read(1)"),
        BASE.replace(b"def load(", b"def read("),
        BASE.replace(b"text.split()", b"text.split(2)"),
        BASE.replace(b"import sys\n", b"import sys\nimport re\n"),
        BASE + b"\n\ndef save():\n    pass\n",
    ],
)
def test_ops_replay_to_the_file(new: bytes) -> None:
    ops, _ = diff(new)
    assert PLUGIN.patch_file("api.py", BASE, ops) == new


def test_without_a_grammar_there_are_no_symbols() -> None:
    assert PLUGIN.diff_file(".gitignore", b"a\n", b"!a\n") is None


def test_half_written_files_have_the_symbols_that_are_there() -> None:
    ops, _ = diff(b"def f(:\n    pass\n\ndef g():\n    return 2\n", b"def f(:\n    pass\n\ndef g():\n    return 1\n")
    assert ops


def test_twice_as_many_symbols_take_twice_as_many_steps():
    """Counted in executed lines of the module, not in seconds."""
    import sys

    from muse.plugins.code.languages import language_of
    from muse.plugins.code.show import symbol_diff

    def steps(count):
        lines = 0

        def trace(frame, event, _):
            nonlocal lines
            if frame.f_code.co_filename != symbol_diff.__file__:
                return None
            lines += event == "line"
            return trace

        old = [b"def f%d(a):\n    return %d\n" % (n, n) for n in range(count)]
        new = [*old[1:], old[0].replace(b"f0", b"g0"), b"class C:\n    x = 1\n"]
        sys.settrace(trace)
        try:
            ops, _ = symbol_diff.diff_symbols("a.py", language_of("a.py"), b"\n".join(old), b"\n".join(new))
        finally:
            sys.settrace(None)
        assert ops
        return lines

    steps(10)  # what is worked out once
    assert steps(400) < 2.5 * steps(200)
