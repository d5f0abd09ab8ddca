"""ARCHITECTURE.md: the commands it walks through the rooms print what it shows."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.midi.midi_kit import song

PAGE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
LOAD = "def load(path):\n    return {}\n"
BLOCKS = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(), re.M | re.S)


def masked(text: str) -> list[str]:
    return re.sub(r"\b[0-9a-f]{10,64}\b", "ID", text).splitlines()


def steps(block: str) -> list[tuple[str, list[str]]]:
    """Each command, and the lines that follow it."""
    return [(lines[0], lines[1:]) for lines in (part.splitlines() for part in re.split(r"^\$ ", block, flags=re.M)[1:])]


def note(velocity: int) -> bytes:
    return song([(74, 0, 480, velocity)])


@pytest.fixture
def repo(muse_on_path: Path, make_repo: Callable[..., Path], git: Callable[..., str]) -> Path:
    root = make_repo(files={"song.mid": note(64), "lib.py": LOAD.format("open(path).read()")})
    subprocess.run(["muse", "install", "--local"], cwd=root, capture_output=True, check=True)
    return root


def walk(root: Path, block: str) -> None:
    for command, told in steps(block):
        done = subprocess.run(
            command, cwd=root, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
        )
        assert masked(done.stdout) == told, command


def test_there_are_a_merge_an_op_and_a_clone() -> None:
    assert [steps(block)[0][0].partition(" ")[0] for block in BLOCKS] == ["git", "muse", "git"]


def test_a_merge(repo: Path, git: Callable[..., str], commit: Callable[..., str]) -> None:
    git(repo, "switch", "-q", "-c", "topic")
    commit(repo, {"song.mid": note(112)}, "louder")
    git(repo, "switch", "-q", "main")
    commit(repo, {"song.mid": note(40)}, "softer")
    walk(repo, BLOCKS[0])
    assert (repo / "song.mid").read_bytes() == note(112)


def test_an_op_and_a_clone(repo: Path, git: Callable[..., str]) -> None:
    for actor, body in (("ada", "open(path).read().strip()"), ("bob", "path.read_text()")):
        op = {"op": "replace", "address": "lib.py::load", "content": LOAD.format(body)}
        (repo / f"{actor}.jsonl").write_text(json.dumps({"actor": actor, "op": op}) + "\n")
    (repo / ".git/info/exclude").write_text("*.jsonl\n")
    walk(repo, BLOCKS[1])
    assert (repo / "lib.py").read_text() == LOAD.format("path.read_text()")
    git(repo, "init", "-q", "--bare", "../server.git")
    git(repo, "push", "-q", "../server.git", "main", "refs/muse/*:refs/muse/*")
    walk(repo, BLOCKS[2])
    assert git(repo.parent / "clone", "for-each-ref", "refs/muse-remotes/origin").count("\n") == 1
