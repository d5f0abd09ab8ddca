"""The laws every merge of code keeps, over generated edits of real shapes of files in each language."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muse.core.options import MergeOptions, using
from muse.core.textmerge import merge_text
from muse.domain import FileMerge
from muse.plugins.code.duplicates import repeated
from muse.plugins.code.languages import language_of
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.tokens import is_blank, keeps_every_edit, tokens

SAMPLES = Path(__file__).resolve().parents[2] / "fixtures" / "code"
FILES = sorted(path for path in SAMPLES.iterdir() if path.is_file())
PLUGIN = CodePlugin()
HOW = MergeOptions(conflict_style="diff3", notes=False)
RELAXED = settings(max_examples=int(os.environ.get("MUSE_LAW_EXAMPLES", "12")), deadline=None, derandomize=True,
                   suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    with using(HOW):
        return PLUGIN.merge_file(path, base, ours, theirs)


@st.composite
def edited(draw: st.DrawFn, base: bytes, label: str) -> bytes:
    """`base` with one to three edits: a word changed, a line dropped, repeated or inserted, a block of lines moved."""
    lines = base.splitlines(True)
    for step in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        kind = draw(st.sampled_from(["word", "word", "drop", "twice", "insert", "move"]))
        if kind == "word":
            lines[at] = re.sub(rb"\w+", f"{label}{step}".encode(), lines[at], count=1)
        elif kind == "drop":
            del lines[at]
        elif kind == "twice":
            lines.insert(at, lines[at])
        elif kind == "insert":
            lines.insert(at, re.sub(rb"\w+", f"{label}new{step}".encode(), lines[at]))
        else:
            to = draw(st.integers(0, max(0, len(lines) - 1)))
            block = lines[at : at + 4]
            del lines[at : at + 4]
            lines[to:to] = block
        if not lines:
            break
    return b"".join(lines)


@pytest.mark.parametrize("sample", FILES, ids=lambda path: path.name)
def test_one_sided_changes_come_through_byte_for_byte(sample: Path) -> None:
    base = sample.read_bytes()

    @given(edited(base, "mine"))
    @RELAXED
    def check(side: bytes) -> None:
        assert merge(sample.name, base, side, base).content == side
        assert merge(sample.name, base, base, side).content == side
        assert merge(sample.name, base, side, side).content == side

    check()


@pytest.mark.parametrize("sample", FILES, ids=lambda path: path.name)
def test_merges_of_two_edits(sample: Path) -> None:
    """Never a lost edit, never worse than Git, the same both ways round, the same twice."""
    base = sample.read_bytes()

    @given(edited(base, "mine"), edited(base, "other"))
    @RELAXED
    def check(ours: bytes, theirs: bytes) -> None:
        merged = merge(sample.name, base, ours, theirs)
        mirrored = merge(sample.name, base, theirs, ours)
        assert bool(merged.conflicts) == bool(mirrored.conflicts)
        assert merge(sample.name, base, ours, theirs).content == merged.content
        content = merged.content or b""
        assert (b"\n<<<<<<< ours\n" in b"\n" + content) == bool(merged.conflicts)
        text = merge_text(base, ours, theirs, HOW)
        assert text is not None
        if merged.conflicts:
            assert text[1] or repeats(sample.name, text[0], (base, ours, theirs))
            return
        if not text[1]:
            assert content == text[0]
        assert sorted(words(content)) == sorted(words(mirrored.content or b""))
        assert keeps_every_edit(base, ours, theirs, content) or not text[1]
        assert merge(sample.name, ours, content, ours).content == content

    check()


def repeats(name: str, merged: bytes, sides: tuple[bytes, bytes, bytes]) -> bool:
    """True when Git's clean answer defines a name twice and no side does: the one reason to overrule it."""
    language = language_of(name)
    return language is not None and bool(repeated(language, merged, sides))


def words(data: bytes) -> list[bytes]:
    return [token for token in tokens(data) if not is_blank(token)]
