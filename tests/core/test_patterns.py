"""Which files a plugin's globs claim: what Git's attributes say of the lines that `muse install` makes of them."""

from __future__ import annotations

import fnmatch
import subprocess
from pathlib import Path

import pytest

from muse.core.patterns import in_any_case, matches, sample
from muse.engine.setup.tables import attribute_lines

GLOBS = (
    "*.words", "songs/*.words", "**/x/*.w", "/top.w", "a/**", "a/**/b.w", "*.[wW]x", "n[!ab].c", "?.q", "Big.Txt", "*",
    "two words.t", "#x.t", "!y.t",
)  # fmt: skip
PATHS = (
    "a.words", "A.WORDS", "songs/a.words", "songs/b/a.words", "Songs/a.Words", "x/q.w", "p/x/q.w", "p/r/x/q.w", "top.w",
    "s/top.w", "a/b", "a/b.w", "a/c/b.w", "a/c/d/b.w", "q.Wx", "nc.c", "na.c", "z.q", "zz.q", "BIG.TXT", "d/big.txt",
    "d/Two Words.t", "#x.T", "!y.t",
)  # fmt: skip


def test_the_registry_and_git_agree(tmp_path: Path, git_env: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    told = {}
    for glob in GLOBS:
        (tmp_path / ".git" / "info" / "attributes").write_text("\n".join(attribute_lines({"lines": [glob]})) + "\n")
        done = subprocess.run(
            ["git", "check-attr", "-z", "--stdin", "merge"],
            cwd=tmp_path, input="\0".join([*PATHS, ""]), capture_output=True, text=True, check=True,
        )  # fmt: skip
        fields = done.stdout.split("\0")
        told[glob] = {path for path, value in zip(fields[::3], fields[2::3]) if value == "muse"}
    assert told == {glob: {path for path in PATHS if matches(path, [glob])} for glob in GLOBS}
    assert all(told.values())


def test_a_sample_is_a_path_the_glob_matches() -> None:
    for glob in (*GLOBS, "[]x].t", "[!s]*.t", "**/a/b?.[!a-z]"):
        assert matches(sample(glob), [glob]), (glob, sample(glob))
    assert in_any_case("*.[wW]x1") == "*.[wW][xX]1"


@pytest.mark.parametrize(
    ("path", "glob", "fits"),
    [
        ("Makefile", "makefile", True),
        ("makefile.am", "makefile", False),
        ("A.PY", "*.py", True),
        (".py", "*.py", True),
        ("a.pyc", "*.py", False),
        ("a.py", "?.py", True),
        ("x-a.c", "*-[ab].c", True),
        ("x-c.c", "*-[ab].c", False),
        ("a.b.c", "a*c", True),
        ("anything", "*", True),
        ("x/a.py", "x/*.py", True),
    ],
)
def test_plain_globs_say_what_fnmatch_says(path: str, glob: str, fits: bool) -> None:
    assert matches(path, (glob,)) is fits
    if "/" not in glob:
        assert fnmatch.fnmatchcase(path.lower(), glob) is fits
