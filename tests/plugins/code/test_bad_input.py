"""Input nobody would write: Git's answer or better, in bounded time, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from muse.core.markers import Conflict, parse
from muse.core.options import MergeOptions, using
from muse.core.textmerge import merge_text
from muse.domain import FileMerge
from muse.plugins.code.checks import law
from muse.plugins.code.languages import language_of
from muse.plugins.code.languages.table import Language
from muse.plugins.code.merge.file import SECONDS
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.syntax import parsing
from muse.plugins.code.syntax.window import LARGE
from tests.plugins.code.test_merge import BASE
from tests.properties.codeedits import taking

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "fixtures" / "code"
HOW = MergeOptions(conflict_style="diff3", notes=False)


def merge(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
    with using(HOW):
        return CodePlugin().merge_file(path, base, ours, theirs)


def test_crlf_bom_and_a_missing_final_newline_are_kept() -> None:
    base = b"\xef\xbb\xbf" + BASE.replace(b"\n", b"\r\n").rstrip()
    ours = base.replace(b"words = text.split()", b"words = text.split(1)")
    theirs = base.replace(b"return words", b"return words[1:]")
    assert merge("a.py", base, ours, theirs).content == ours.replace(b"return words", b"return words[1:]")


def test_conflicts_in_crlf_files_have_crlf_markers() -> None:
    base = BASE.replace(b"\n", b"\r\n")
    merged = merge("a.py", base, base.replace(b"return data", b"return 1"), base.replace(b"return data", b"return 2"))
    content = merged.content or b""
    assert merged.conflicts
    assert content.count(b"\n") == content.count(b"\r\n")


def test_latin_1_survives() -> None:
    base = BASE + b"# caf\xe9\n"
    ours, theirs = base.replace(b"split()", b"split(1)"), base.replace(b"return words", b"return words[\xe9]")
    assert merge("a.py", base, ours, theirs).content == ours.replace(b"return words", b"return words[\xe9]")


@pytest.mark.parametrize("data", ["x = 1\n".encode("utf-16"), b"a\0b\n"])
def test_nul_bytes_are_binary(data: bytes) -> None:
    merged = merge("a.py", data, data + b"ours", data + b"theirs")
    assert merged.content == data + b"ours"
    assert merged.conflicts


@pytest.mark.parametrize(
    ("path", "broken"),
    [("a.py", b"def f(:\n  )))\n"), ("a.c", b"#if X\nint f() {\n#else\nint g() {\n#endif\n}\n"), ("a.json", b'{"a": ')],
)
def test_syntax_errors_cost_understanding_only(path: str, broken: bytes) -> None:
    base = broken + b"one\n\n\n\ntwo\n"
    ours, theirs = base.replace(b"one", b"1"), base.replace(b"two", b"2")
    assert merge(path, base, ours, theirs).content == broken + b"1\n\n\n\n2\n"
    conflict = merge(path, base, ours, base.replace(b"one", b"3"))
    assert conflict.conflicts
    assert b"3\n>>>>>>>" in (conflict.content or b"")


@pytest.mark.parametrize(
    ("path", "opening", "closing", "line_end"),
    [
        ("a.py", b"(", b")", b""),
        ("a.json", b"[", b"]", b""),
        ("a.js", b"(", b")", b"\n"),
        ("a.c", b"{", b"}", b""),
        ("a.css", b"a{", b"}", b""),
        ("a.php", b"[", b"]", b"\n"),
        ("a.sh", b"$(", b")", b"\n"),
        ("a.md", b"> ", b"", b""),
    ],
)
def test_ten_thousand_levels_of_nesting(path: str, opening: bytes, closing: bytes, line_end: bytes) -> None:
    """An edit in the innermost one: no recursion, and nothing that takes the square of the depth."""
    base = (opening + line_end) * 10_000 + b"one" + line_end + (closing + line_end) * 10_000 + b"\n"
    started = time.monotonic()
    merged = merge(path, base, base.replace(b"one", b"mine"), base.replace(b"one", b"yours"))
    assert len(merged.conflicts) == 1
    assert (merged.content or b"").count(b"mine") == (merged.content or b"").count(b"yours") == 1
    assert time.monotonic() - started < 4 * SECONDS  # it looks at the clock; in Git the driver would have ended it


def test_preprocessor_soup() -> None:
    """Branches that open the same bracket twice, and one that closes what nobody opened."""
    branches = b"#if A%d\nint f%d(int a) {\n#else\nint g%d(int b) {\n#endif\n\treturn %d;\n}\n#ifdef X\n}}}\n#endif\n"
    base = b"".join(branches % ((i,) * 4) for i in range(200))
    ours, theirs = base.replace(b"return 50;", b"return 51 + 2;"), base.replace(b"return 150;", b"return 9;")
    assert merge("a.c", base, ours, theirs).content == ours.replace(b"return 150;", b"return 9;")
    clash = merge("a.c", base, ours, base.replace(b"return 50;", b"return 7;"))
    assert taking(clash.content or b"", "ours") == ours
    assert taking(clash.content or b"", "theirs") == base.replace(b"return 50;", b"return 7;")


@pytest.mark.parametrize("path", ["shelf.py", "shelf.rs", "shelf.yml", "shelf.kt"])
def test_half_written_files(path: str) -> None:
    """Both were cut off in the middle of a word, at different places, after an edit."""
    base = (SAMPLES / path).read_bytes()
    ours, theirs = base[: 2 * len(base) // 3].replace(b"5", b"6", 1), base[: len(base) // 2].replace(b"28", b"30", 1)
    taken = taking(merge(path, base, ours, theirs).content or b"", "ours")
    both = ours[: len(base) // 3].replace(b"28", b"30", 1)
    assert taken.startswith(both)


@pytest.mark.parametrize("path", ["a.py", "a.xml", "a.js"])
def test_a_hundred_kilobytes_of_noise(path: str) -> None:
    rng = Random(1)
    noise = bytes(rng.choice(b"(){}[]<>;:,.\n \"'abc+-=*/#") for _ in range(100_000))
    middle = noise.find(b"\n", 50_000) + 1
    ours, theirs = (noise[:middle] + side + noise[middle:] for side in (b"mine\n", b"other\n"))
    merged = merge(path, noise, ours, theirs)
    assert taking(merged.content or b"", "ours") == ours
    assert taking(merged.content or b"", "theirs") == theirs


@pytest.mark.parametrize(
    "base",
    [
        pytest.param(b"x = [" + b"1, " * 1_666_666 + b"]\n", id="one line of 5 MB"),
        pytest.param(b"x = 1\n" * 100_000, id="100,000 equal lines"),
        pytest.param(b"".join(b"x%d = %d\n" % (i, i) for i in range(100_000)), id="100,000 different lines"),
    ],
)
def test_very_long_and_very_many_lines(base: bytes) -> None:
    ours, theirs = base[:-2] + b"2\n", base[:-2] + b"3\n"
    merged = merge("a.py", base, ours, theirs)
    assert merged.conflicts
    assert taking(merged.content or b"", "ours") == ours
    assert taking(merged.content or b"", "theirs") == theirs


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_version_that_holds_markers_already_gets_gits_answer(which: int) -> None:
    versions = [BASE, BASE.replace(b"import sys", b"import io"), BASE.replace(b"import sys", b"import re")]
    versions[which] += b"<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n"
    text = merge_text(versions[0], versions[1], versions[2], HOW)
    assert text is not None and text[1]
    assert merge("a.py", *versions).content == text[0]


def test_a_source_file_of_two_megabytes_stays_under_300_megabytes(tmp_path: Path) -> None:
    """Through the driver and its child: insertions by both into a file whose tree alone takes a hundred. (Three trees
    and the entries of four versions would take eight hundred.)"""
    body = b"def f%d(a, b):\n    c = a + b\n    d = c * %d\n    return d\n\n\n"
    base = b"".join(body % (i, i) for i in range(31_000))
    assert len(base) > 1_900_000
    at = b"def f5000("
    for name, data in zip(
        "OAB",
        (base, *(base.replace(at, b"def %s(a):\n    return 1\n\n\n" % new + at) for new in (b"mine", b"theirs"))),
        strict=True,
    ):
        (tmp_path / name).write_bytes(data)
    code = (
        "import os, sys\npid = os.fork()\nif not pid: os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
        "_, status, used = os.wait4(pid, 0)\nprint(os.waitstatus_to_exitcode(status), used.ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, "-m", "muse.drivers.merge", "O", "A", "B", "-p", "a.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    exit_code, kilobytes = map(int, done.stdout.split())
    assert kilobytes < 300_000
    merged = (tmp_path / "A").read_bytes()
    assert merged.count(b"def mine(a):") == merged.count(b"def theirs(a):") == 1
    assert (exit_code == 1) == (b"\n<<<<<<< " in merged)


@pytest.mark.parametrize("swap", [False, True])
def test_in_a_large_file_the_law_is_asked_about_what_differs(*, swap: bool) -> None:
    """One name defined by both, in two places: Git's text is clean, and there is one definition too many."""
    blocks = [b"def f%d(a, b):\n    c = a + b\n    return c * %d\n\n\n" % (i, i) for i in range(6500)]
    base = b"".join(blocks)
    assert len(base) > LARGE
    new = [b"def new(a):\n    return a + %d\n\n\n" % i for i in (1, 2)]
    ours = b"".join([*blocks[:4000], new[0], *blocks[4000:]])
    theirs = b"".join([*blocks[:4010], new[1], *blocks[4010:]])
    if swap:
        ours, theirs = theirs, ours
    with using(MergeOptions(deadline=time.monotonic() + 60, conflict_style="diff3", notes=False)):
        merged = CodePlugin().merge_file("a.py", base, ours, theirs)
    assert [record.address for record in merged.conflicts] == ["new"]
    content = merged.content or b""
    for side, data in (("ours", ours), ("theirs", theirs)):  # it stands where one of them has it
        assert sorted(taking(content, side).split()) == sorted(data.split())


def test_what_there_was_no_time_to_look_at_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (BASE.replace(b"import sys", b"import sys\nimport %s" % name) for name in (b"re", b"io"))
    with using(MergeOptions(deadline=time.monotonic() + 60)):
        assert not CodePlugin().merge_file("a.py", BASE, ours, theirs).conflicts
    monkeypatch.setattr("muse.plugins.code.checks.law.breaches", lambda *_, **__: time.sleep(0.3) or [])
    with using(MergeOptions(deadline=time.monotonic() + 0.25)):
        assert CodePlugin().merge_file("a.py", BASE, ours, theirs).conflicts


@pytest.mark.parametrize("path", ["a.go", "a.c"])
def test_in_a_large_file_only_what_is_around_the_edits_is_looked_into(path: str) -> None:
    """Insertions by both merge there as they do in a small one; the rest comes through byte for byte."""
    body = {
        "a.go": b"func f%d(a int) int {\n\treturn a + %d\n}\n\n",
        "a.c": b"int f%d(int a)\n{\n\treturn a + %d;\n}\n\n",
    }[path]
    head = b"package a\n\n" if path == "a.go" else b""
    blocks = [body % (i, i) for i in range(9000)]
    new = [body.replace(b"f%d", name) % 1 for name in (b"mine", b"yours")]

    def built(*extra: bytes) -> bytes:
        return head + b"".join([*blocks[:4000], *extra, *blocks[4000:]])

    assert len(built()) > LARGE
    with using(MergeOptions(deadline=time.monotonic() + 60)):
        assert CodePlugin().merge_file(path, built(), built(new[0]), built(new[1])).content == built(*new)


def test_a_move_in_a_large_file_is_judged_by_what_is_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four trees of a whole file of megabytes take more memory and time than a merge may."""
    read: list[int] = []
    whole = law.parse

    def counted(language: Language, data: bytes, until: float) -> Any:
        read.append(len(data))
        return whole(language, data, until)

    monkeypatch.setattr(law, "parse", counted)
    blocks = [b"def f%d(a, b):\n    c = a + b\n    return c * %d\n\n\n" % (i, i) for i in range(6500)]
    moved = [*blocks[:4000], blocks[4004], *blocks[4000:4004], *blocks[4005:]]
    other = [*blocks[:4010], blocks[4014], *blocks[4010:4014], *blocks[4015:]]
    sides = (b"".join(blocks), b"".join(moved), b"".join(other))
    result = b"".join([*moved[:4008], *other[4008:]])
    language = language_of("a.py")
    assert len(sides[0]) > LARGE and law.unsure(language, sides, result, time.monotonic() + 60) == ""
    assert read and max(read) < LARGE // 10


def test_a_deadline_that_has_passed_gives_gits_answer() -> None:
    ours, theirs = BASE.replace(b"import sys", b"import io"), BASE.replace(b"import sys", b"import re")
    with using(MergeOptions(deadline=0.0, notes=False)) as how:
        merged = CodePlugin().merge_file("a.py", BASE, ours, theirs)
        text = merge_text(BASE, ours, theirs, how)
    assert text is not None
    assert merged.content == text[0]


def test_both_added_the_file() -> None:
    merged = merge("a.py", None, b"import os\n", b"import os\nimport re\n")
    assert merged.conflicts or b"import re" in (merged.content or b"")


@pytest.mark.parametrize("text", [b"<<<<<<< a\n", b"=======\n", b"<<<<<<< a\n1\n||||||| b\n2\n>>>>>>> c\n"])
def test_markers_that_do_not_pair_are_not_read(text: bytes) -> None:
    assert parse(text) is None


def test_a_title_of_equal_signs_in_a_merge_is_content() -> None:
    base = b"Title\n=======\n\ntext\n"
    merged = merge("a.md", base, base.replace(b"text", b"one"), base.replace(b"text", b"two"))
    assert (merged.content or b"").startswith(b"Title\n=======\n\n<<<<<<<")


def test_a_title_of_seven_letters_above_a_conflict_is_content() -> None:
    text = b"History\n=======\n\n<<<<<<< a\n1\n||||||| b\n2\n=======\n3\n>>>>>>> c\n\nInstall\n=======\n"
    assert parse(text) == [b"History\n=======\n\n", Conflict(b"2\n", b"1\n", b"3\n"), b"\nInstall\n=======\n"]


def test_a_parser_that_is_not_installed_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git's text merge, and the hunks by token, go on without it."""
    base = b"func a() -> Int {\n    return 1\n}\n\nfunc b() -> Int {\n    return 2\n}\n"
    ours, theirs = base.replace(b"1", b"10"), base.replace(b"2", b"20")
    assert merge("x.swift", base, ours, theirs).notes == []
    monkeypatch.setitem(sys.modules, "tree_sitter_swift", None)
    parsing._parser.cache_clear()
    try:
        merged = merge("x.swift", base, ours, theirs)
        unsettled = merge("x.swift", base, ours, base.replace(b"1", b"11"))
    finally:
        monkeypatch.undo()
        parsing._parser.cache_clear()
    said = "tree-sitter-swift is not installed, so not merged by structure: pip install 'muse-on-git[languages]'"
    assert merged.content == ours.replace(b"2", b"20") and merged.notes == [said]
    assert unsettled.conflicts and said in unsettled.notes
