"""The laws every merge of code keeps, over random edits of a real file in each language.

The files of `fixtures/code` were written for this; `make soak` also takes what is installed on the machine.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muse.core.options import MergeOptions, using
from muse.core.textmerge import merge_text
from muse.domain import FileMerge
from muse.plugins.code.checks.law import text_breaches
from muse.plugins.code.languages import ROWS, language_of, row_of
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.syntax.parsing import available, count_errors, parse
from muse.plugins.code.syntax.tokens import is_blank, keeps_every_edit, tokens
from tests.properties.codeedits import OURS, THEIRS, WORD, Side, disputes, taking, untouched, words_of

SAMPLES = Path(__file__).resolve().parents[2] / "fixtures" / "code"
FILES = sorted(path for path in SAMPLES.iterdir() if path.is_file())
PLUGIN = CodePlugin()
HOW = MergeOptions(conflict_style="diff3", notes=False)
EXAMPLES = int(os.environ.get("MUSE_LAW_EXAMPLES", "12"))
RELAXED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 1 << 32)


def merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    with using(HOW):
        return PLUGIN.merge_file(path, base, ours, theirs)


def sides(name: str, base: bytes, seed: int) -> tuple[Side, Side]:
    """Both sides of a case, with edits of each within a few lines of each other."""
    rng = Random(seed)
    about = rng.randrange(base.count(b"\n") + 1)
    made = [Side(base, label, rng, language_of(name)).edit(rng.choice([1, 1, 2, 3]), about) for label in (OURS, THEIRS)]
    return made[0], made[1]


def words(data: bytes) -> list[bytes]:
    return sorted(token for token in tokens(data) if not is_blank(token))


def repeats(name: str, merged: bytes, versions: tuple[bytes, bytes, bytes]) -> bool:
    """True when Git's clean answer breaks the law: the first reason to overrule it."""
    return bool(text_breaches(language_of(name), versions, merged, time.monotonic() + 10))


def homes(data: bytes) -> dict[bytes, bytes]:
    """For each word that an edit brought in: the line above it that holds it, told by indentation alone."""
    lines = data.split(b"\n")
    found: dict[bytes, bytes] = {}
    for at, line in enumerate(lines):
        for word in re.findall(rb"(?:Mine|Other)\d+", line):
            above = [each for each in reversed(lines[:at]) if re.search(rb"\w", each) and word not in each]
            depth = _depth(above[0]) if above else 0
            found[word] = next((each.strip() for each in above if _depth(each) < depth), b"")
    return found


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip())


def displaced(merged: bytes, *sides: bytes) -> bool:
    """True when Git's clean answer has an edit under another definition than the side that made it: Git matched lines
    of one copy with those of another. The second reason to overrule it."""
    there = homes(merged)
    return any(there.get(word, home) != home for side in sides for word, home in homes(side).items())


def errors(name: str, data: bytes) -> int:
    """Syntax errors in a file; 0 where there is no grammar to say."""
    language = language_of(name)
    tree = parse(language, data) if available(language) else None
    return count_errors(language, tree.root_node) if tree is not None else 0


def check_one_side(name: str, base: bytes, seed: int) -> None:
    side = sides(name, base, seed)[0].data
    assert merge(name, base, side, base).content == side
    assert merge(name, base, base, side).content == side
    assert merge(name, base, side, side).content == side


def check_both_sides(name: str, base: bytes, seed: int) -> None:
    """Never a lost edit, never worse than Git, the same both ways round, the same twice."""
    ours, theirs = sides(name, base, seed)
    versions = base, ours.data, theirs.data
    merged, mirrored = merge(name, *versions), merge(name, base, theirs.data, ours.data)
    content, mirror = merged.content or b"", mirrored.content or b""
    text = merge_text(*versions, HOW)
    assert text is not None
    assert merge(name, *versions).content == content
    assert disputes(content) == disputes(mirror)
    assert len(merged.conflicts) == len(mirrored.conflicts) == disputes(content).total()
    overruled = not text[1] and (repeats(name, text[0], versions) or displaced(text[0], ours.data, theirs.data))
    if merged.conflicts and len({errors(name, version) for version in versions}) > 1:
        overruled = True  # one that parses worse: where its lines moved, nothing tells what stands beside what
    kept = list(untouched(base, ours, theirs))
    if overruled:  # an entry that one side moved is where that side has it, so that runs of lines come apart
        kept = [line for run in kept for line in run.splitlines(True)]
    if merged.conflicts:
        assert text[1] or overruled
        for side, label, version in (("ours", OURS, ours), ("theirs", THEIRS, theirs)):
            taken = taking(content, side)
            assert words_of(label, taken) == words_of(label, version.data)
            assert all(run in taken for run in kept if run in taking(text[0], side))
        return
    if not text[1] and not overruled:
        assert content == text[0]
        return
    assert words(content) == words(mirror)
    assert keeps_every_edit(*versions, content)
    for label, version in ((OURS, ours), (THEIRS, theirs)):
        assert words_of(label, content) == words_of(label, version.data)
    assert all(run in content for run in kept)
    assert errors(name, content) <= max(errors(name, version) for version in versions)
    check_merged_again(name, base, theirs, content)


def check_merged_again(name: str, base: bytes, theirs: Side, content: bytes) -> None:
    """Merging a side once more gives a conflict or another merge that keeps all of both. It need not give the same
    bytes: where the base has one line and the merge two of which one is new, either can be taken for the old one."""
    again = merge(name, base, content, theirs.data)
    if not again.conflicts:
        assert all(
            words_of(label, again.content or b"") >= words_of(label, side)
            for label, side in ((OURS, content), (THEIRS, theirs.data))
        )


def check_apart(name: str, base: bytes, seed: int) -> None:
    """Edits with an unchanged line between them are both in the answer, and nothing else is."""
    rng = Random(seed)
    lines = base.splitlines(True)
    solid = [at for at, line in enumerate(lines) if WORD.search(line) and lines.count(line) == 1]
    one = rng.choice(solid)
    two = rng.choice([at for at in solid if abs(at - one) > 1])
    new = [
        [lines[at].replace(WORD.findall(lines[at])[0], label.encode(), 1), lines[at]][: rng.choice([1, 1, 2])]
        for at, label in ((one, OURS), (two, THEIRS))
    ]
    mine, other, both = list(lines), list(lines), list(lines)
    mine[one : one + 1] = new[0]
    other[two : two + 1] = new[1]
    for at, put in sorted(((one, new[0]), (two, new[1])), reverse=True):
        both[at : at + 1] = put
    merged = merge(name, base, b"".join(mine), b"".join(other))
    assert not merged.conflicts
    assert merged.content == b"".join(both)


LAWS = [check_one_side, check_both_sides, check_apart]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("sample", FILES, ids=lambda path: path.name)
def test_law(sample: Path, law) -> None:
    base = sample.read_bytes()
    hold(law, sample.name, base)


def test_there_is_a_file_of_every_language() -> None:
    assert {row_of(path.name) for path in FILES} == ROWS.keys()


def installed(row: str, most: int = 12) -> list[Path]:
    """Some text files of a language among what is installed here."""
    found = []
    for root in {sysconfig.get_path("stdlib"), sys.prefix, "/usr/share", "/usr/lib", "/usr/local", "/usr/include"}:
        for folder, _, names in os.walk(root):
            found += [Path(folder, name) for name in sorted(names) if row_of(name) == row]
    found = [path for path in found if path.is_file() and 400 < path.stat().st_size < 20_000]
    Random(7).shuffle(found)
    return [
        path
        for path in found[: 4 * most]
        if b"\0" not in path.read_bytes() and path.read_bytes().count(b"\n") > 9 and b"<<<<<<<" not in path.read_bytes()
    ][:most]


@pytest.mark.soak
@pytest.mark.parametrize("row", sorted(ROWS.keys() - {"notebook"}))  # one side's outputs are taken whole, by a rule
def test_laws_over_installed_files(row: str) -> None:
    files = installed(row)
    if not files:
        pytest.skip(f"no {row} file is installed here")
    for path in files:
        base = path.read_bytes()
        for law in LAWS:
            hold(law, path.name, base)
    print(f"\n{row}: {len(files)} files, {len(LAWS)} laws, {EXAMPLES} cases each")


def hold(law: Callable[[str, bytes, int], None], name: str, base: bytes) -> None:
    """Try a law on one file."""

    @RELAXED
    @given(seeds)
    def one(seed: int) -> None:
        law(name, base, seed)

    one()
