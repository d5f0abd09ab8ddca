"""`.museignore`: its shape, and patterns that mean what Git says they mean."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from muse.core.filedomain import walk_files
from muse.core.ignore import IgnoreError, is_ignored, load_ignore_config, load_patterns, resolve_patterns

PIECES = [
    "a",
    "b",
    "ab",
    "*",
    "**",
    "?",
    "[ab]",
    "[!a]",
    "[^b]",
    "\\*",
    ".x",
    "a*",
    "*b",
    "a?",
    "[a-c]",
    "[]a]",
    "[[:alpha:]]",
    "a**b",
    "***",
    "#",
    "!",
    "\\!",
    " ",
    "\\ ",
    "[z-a]",
    "[",
    "\\",
    "c.d",
    "A",
]
NAMES = ["a", "b", "ab", "abb", "c", ".x", "a.x", "c.d", "*", "ac", "aXb", "#", "!", "!a", " ", "a ", "A", "]", "ba"]


def some_pattern(rng: random.Random) -> str:
    parts = ["".join(rng.choices(PIECES, k=rng.randint(1, 2))) for _ in range(rng.randint(1, 3))]
    text = rng.choice(["", "", "", "", "/"]) + "/".join(parts) + rng.choice(["", "", "/"])
    text = rng.choice(["", "", "", "!"]) + text + rng.choice(["", "", "", "", " "])
    return text if text.strip(" !/") else "a"


@pytest.mark.parametrize("seed", range(4))
def test_git_says_the_same(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    ignored = 0
    for _ in range(30):
        patterns = [some_pattern(rng) for _ in range(rng.randint(1, 4))]
        (tmp_path / ".gitignore").write_text("\n".join(patterns) + "\n")
        paths = sorted({"/".join(rng.choices(NAMES, k=rng.randint(1, 4))) for _ in range(60)})
        answer = subprocess.run(
            ["git", "check-ignore", "--no-index", "-z", "--stdin"],
            cwd=tmp_path,
            check=False,
            input="\0".join(paths).encode(),
            capture_output=True,
        ).stdout.decode()
        ours = [path for path in paths if is_ignored(path, patterns)]
        assert ours == [path for path in answer.split("\0") if path], patterns
        ignored += len(ours)
    assert ignored > 50


@pytest.mark.parametrize(
    "pattern, path, verdict",
    [
        ("renders/", "renders/deep/mix.wav", True),
        ("renders/", "renders", False),
        ("renders/", "renders/", True),
        ("/scratch.mid", "scratch.mid", True),
        ("/scratch.mid", "tracks/scratch.mid", False),
        ("tracks/*.bak", "tracks/a.bak", True),
        ("tracks/*.bak", "old/tracks/a.bak", False),
        ("**/cache/*.dat", "cache/index.dat", True),
        ("a/**/b", "a/b", True),
        ("logs/**", "logs", False),
        ("naïve?.mid", "naïve1.mid", True),
        ("", "anything", False),
        ("# note", "# note", False),
        ("\\# note", "# note", True),
    ],
)
def test_single_patterns(pattern: str, path: str, verdict: bool) -> None:
    assert is_ignored(path, [pattern]) is verdict


def test_the_last_match_decides_but_an_excluded_folder_is_closed() -> None:
    patterns = ["*.bak", "!keep.bak", "old/", "!old/keep.bak"]
    assert is_ignored("session.bak", patterns) and not is_ignored("keep.bak", patterns)
    assert is_ignored("old/keep.bak", patterns)


def write(root: Path, text: str) -> None:
    (root / ".museignore").write_text(text)


def test_global_patterns_then_the_domains(tmp_path: Path) -> None:
    write(tmp_path, '[global]\npatterns = ["*.bak", 7]\n[domain.midi]\npatterns = ["!take.bak"]\n[domain.code]\n')
    config = load_ignore_config(tmp_path)
    assert config == {"global": {"patterns": ["*.bak"]}, "domain": {"midi": {"patterns": ["!take.bak"]}, "code": {}}}
    assert resolve_patterns(config, "midi") == ["*.bak", "!take.bak"]
    assert resolve_patterns(config, "code") == resolve_patterns(config, "other") == ["*.bak"]


def test_the_repositorys_domain_chooses(tmp_path: Path) -> None:
    write(tmp_path, '[domain.midi]\npatterns = ["m"]\n[domain.files]\npatterns = ["f"]\n')
    assert load_patterns(tmp_path) == ["f"]
    (tmp_path / ".muse").mkdir()
    (tmp_path / ".muse/config.toml").write_text('domain = "midi"\n')
    assert load_patterns(tmp_path) == ["m"]
    (tmp_path / ".museattributes").write_text('[meta]\ndomain = "files"\n')
    assert load_patterns(tmp_path) == ["f"]


def test_a_walk_leaves_ignored_folders_alone(tmp_path: Path) -> None:
    for name in ("keep.txt", "out/a.txt", "out/deep/b.txt", "src/out.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    write(tmp_path, '[global]\npatterns = ["out/"]\n[domain.midi]\npatterns = ["*.txt"]\n')
    assert list(walk_files(tmp_path)) == [".museignore", "keep.txt", "src/out.txt"]
    assert list(walk_files(tmp_path, "midi")) == [".museignore"]


@pytest.mark.parametrize(
    "text",
    ["not toml ][", 'global = "x"', "[global]\npatterns = 3", "domain = 3", "[domain]\nmidi = 3", "x = " + "[" * 5000],
)
def test_what_is_no_museignore_is_a_clear_error(text: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    with pytest.raises(IgnoreError, match=r"\.museignore"):
        load_ignore_config(tmp_path)


def test_a_folder_in_its_place_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".museignore").mkdir()
    with pytest.raises(ValueError, match=r"\.museignore cannot be read"):
        load_ignore_config(tmp_path)
