"""The law over merges of code: generated cases with a known answer, and the kinds that were seen wrong, one by one."""

from __future__ import annotations

import importlib.util
import random
import time
from pathlib import Path
from types import ModuleType

import pytest

from muse.core.law.look import look
from muse.core.markers import Conflict, settled
from muse.core.textchunks import text_chunks
from muse.plugins.code.languages import language_of
from muse.plugins.code.merge.file import _best, merge_code

ROOT = Path(__file__).resolve().parents[3]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lawful_merges", ROOT / "benchmarks" / "lawful_merges.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = generator()


@pytest.mark.parametrize("format_", sorted(MADE.FORMATS))
@pytest.mark.parametrize("kind", sorted(MADE.KINDS))
def test_an_edit_stays_in_its_entry(kind: str, format_: str) -> None:
    """Both ways round: the answer that was known before, or a conflict; two entries of one name are one."""
    if (kind, format_) == ("twice", "css"):
        return  # rules of a style sheet may repeat
    resolved = 0
    for number in range(6):
        *lists, answer = MADE.KINDS[kind](random.Random(f"{format_} {number}"))
        path = MADE.FORMATS[format_][0]
        base, ours, theirs = (MADE.written(format_, one).encode() for one in lists)
        for sides in ((ours, theirs), (theirs, ours)):
            merged = merge_code(path, base, *sides)
            assert merged.content is not None
            if merged.conflicts:
                continue
            assert answer is not None, merged.content.decode()
            assert MADE.says(format_, merged.content.decode(), answer), merged.content.decode()
            resolved += 1
    assert resolved >= (0 if kind == "twice" else 8)


@pytest.mark.parametrize("format_", sorted(MADE.FORMATS))
def test_a_swap_beside_the_same_edit(format_: str) -> None:
    """Neighbours that differ in one line swap; the other side makes them equal. Line by line both did the same."""
    lists = (
        (("mail", "back"), ("api", "always"), ("web", "front"), ("cron", "back")),
        (("mail", "back"), ("web", "front"), ("api", "always"), ("cron", "back")),
        (("mail", "back"), ("api", "front"), ("web", "front"), ("cron", "back")),
        (("mail", "back"), ("web", "front"), ("api", "front"), ("cron", "back")),
    )
    entries = [[(name, ("slow", value)) for name, value in one] for one in lists]
    base, moved, edited = (MADE.written(format_, one).encode() for one in entries[:3])
    for sides in ((moved, edited), (edited, moved)):
        merged = merge_code(MADE.FORMATS[format_][0], base, *sides)
        assert not merged.conflicts and MADE.says(format_, merged.content.decode(), entries[3]), merged.content.decode()


@pytest.mark.parametrize("number", range(40))
def test_one_name_is_bound_once(number: int) -> None:
    path, base, ours, theirs = MADE.binding(random.Random(number))
    assert merge_code(path, base, ours, theirs).conflicts
    assert merge_code(path, base, theirs, ours).conflicts


IN_CLASS = "class A {\n    int a;\n\n%s    int b;\n%s}\n"
LAWFUL = [
    # overloads; two kinds that have name spaces of their own; what may repeat in the language
    ("A.java", IN_CLASS, "    int get(int x) { return x; }\n", "    int get(String x) { return 0; }\n"),
    ("A.java", IN_CLASS, "    int size;\n", "    int size() { return 0; }\n"),
    ("a.py", "import a\n\n\nx = 1\n\n\n%sy = 2\n%s", "z = 3\n", "w = 4\n"),
    ("a.go", "package a\n\nvar A = 1\n\n%svar B = 2\n\nvar C = 3\n\nvar D = 4\n%s", "var _ I = x\n", "var _ I = y\n"),
    ("a.css", ".a {\n  x: y;\n}\n\n%s.b {\n  x: y;\n}\n%s", ".n {\n  p: q;\n}\n", ".n {\n  r: s;\n}\n"),
]


@pytest.mark.parametrize(("path", "file", "one", "other"), LAWFUL)
def test_what_may_stand_twice_stays_clean(path: str, file: str, one: str, other: str) -> None:
    base, ours, theirs = ((file % added).encode() for added in (("", ""), (one + "\n", ""), ("", "\n" + other)))
    for sides in ((ours, theirs), (theirs, ours)):
        merged = merge_code(path, base, *sides)
        assert not merged.conflicts
        assert merged.content is not None
        assert len(merged.content) == len(ours) + len(theirs) - len(base)


def test_whole_entries_are_in_dispute_and_can_be_picked() -> None:
    from muse.core.options import MergeOptions, using

    base = b"const a = 1;\n\nconst b = 2;\n\nconst c = 3;\n\nconst d = 4;\n"
    ours = base.replace(b"const b", b"const LIMIT = 10;\n\nconst b")
    theirs = base + b"\nconst LIMIT = 20;\n"
    merged = merge_code("a.js", base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["LIMIT"]
    assert b"LIMIT: defined by both" in (merged.content or b"")
    with using(MergeOptions(picks={"LIMIT": "theirs"})):
        picked = merge_code("a.js", base, ours, theirs)
    assert not picked.conflicts
    assert (picked.content or b"").count(b"LIMIT") == 1
    assert b"LIMIT = 20" in (picked.content or b"")


def test_edits_of_single_lines_need_no_parser() -> None:
    base = b"".join(b"line %d\n" % number for number in range(50))
    ours, theirs = base.replace(b"line 3\n", b"one 3\n"), base.replace(b"line 40\n", b"two 4x\n")
    assert not any(look(base, ours, theirs, ours.replace(b"line 40\n", b"two 4x\n")))
    lines = base.splitlines(True)
    doubled = b"".join(lines[:5] + lines[2:5] + lines[5:])
    edited = base.replace(b"line 3\n", b"line 3\nnew\n")
    assert look(base, doubled, edited, doubled.replace(b"line 4\n", b"new\nline 4\n")).places


def test_one_name_edited_in_two_places_needs_no_parser_and_bound_anew_does() -> None:
    base = b"def f(a):\n    total = a\n    return total\n\n\ndef g(a):\n    total = a\n    # total = a + 1\n"
    base += b"    return total\n\n\n# LIMIT = 1\nx()\ny()\n# LIMIT = 2\n"
    ours = base.replace(b"total = a\n    return", b"total = a  # ours\n    return")
    theirs = base.replace(b"total = a\n    #", b"total = a  # theirs\n    #")
    assert not look(base, ours, theirs, ours.replace(b"total = a\n    #", b"total = a  # theirs\n    #")).names
    one, other = base.replace(b"# LIMIT = 1", b"LIMIT = 1"), base.replace(b"# LIMIT = 2", b"LIMIT = 2")
    assert look(base, one, other, base).names
    assert look(base, other, one, base).names
    assert look(base, base.replace(b"x()", b"y = 1"), base.replace(b"# LIMIT = 2", b"y = 2"), base).names


def test_one_kind_of_line_end() -> None:
    base = b"a = 1\r\nb = 2\r\nc = 3\r\nd = 4\r\n"
    theirs = base.replace(b"c = 3\r\n", b"c = 30\r\nnew = 5\r\n")
    for sides in ((base.replace(b"\r", b""), theirs), (theirs, base.replace(b"\r", b""))):
        merged = merge_code("a.py", base, *sides)
        assert merged.conflicts or (merged.content or b"").count(b"\r\n") in (0, (merged.content or b"").count(b"\n"))


def test_an_entry_in_dispute_takes_no_line_of_another() -> None:
    """One side swaps two headings, so the items below change their section; the other side's are all still there."""
    fixed, added, count, paint = (
        b"- Fix the lid of the box\n",
        b"- Add a shelf for jars\n",
        b"- Count jars\n",
        b"- Paint\n",
    )
    top, new, old = b"# Changelog\n\n", b"## Unreleased\n\n", b"## 1.2.0 (2024-01-05)\n"
    base = top + new + fixed + added + b"\n" + old + b"\n" + count + paint
    ours = top + new + fixed + b"\n" + old + b"\n    " + count + paint
    theirs = top + added + b"\n" + old + new + fixed + b"\n\n" + count + paint
    for one, two in ((ours, theirs), (theirs, ours)):
        text = text_chunks(base, one, two)
        assert text is not None
        chunks, _ = _best(language_of("a.md"), text, base, one, two, time.monotonic() + 10)
        assert any(isinstance(chunk, Conflict) for chunk in chunks)
        for side, whole in (("ours", one), ("theirs", two)):
            taken = b"".join(settled(chunk, side) if isinstance(chunk, Conflict) else chunk for chunk in chunks)
            assert set(whole.splitlines()) <= set(taken.splitlines())
