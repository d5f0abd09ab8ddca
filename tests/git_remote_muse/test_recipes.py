"""The recipes of docs/hosting.md, run as they are printed."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from muse.cli.verbs.bot import command

Ok = Callable[..., str]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "hosting.md"


def piece(first: int, second: int) -> bytes:
    """Two quarter notes of one track."""
    notes = b"".join(bytes([0, 0x90, pitch, 64, 0x83, 0x60, 0x80, pitch, 64]) for pitch in (first, second))
    data = notes + bytes([0, 0xFF, 0x2F, 0])
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(data)) + data


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_ci_resolves_a_pull_request_that_git_alone_cannot(
    make_repo: Callable[..., Path], tmp_path: Path, git: Ok, ok: Ok, commit: Ok
) -> None:
    source = make_repo("source", {"a.mid": piece(60, 62)})
    git(tmp_path, "clone", "-q", "--bare", str(source), "server")
    ok(tmp_path, "clone", "-q", "muse::server", "ci")
    ci = tmp_path / "ci"
    git(ci, "checkout", "-q", "-b", "pull-branch")
    pulled = commit(ci, {"a.mid": piece(60, 74)})
    git(ci, "checkout", "-q", "main")
    main = commit(ci, {"a.mid": piece(48, 62)})
    ok(ci, "push", "-q", "origin", "main", "pull-branch")
    recipe = re.search(r"```\n(git fetch origin main pull-branch\n.*?)```", PAGE.read_text(), re.S)
    assert recipe is not None
    done = subprocess.run(["sh", "-e", "-c", recipe[1]], cwd=ci, env=dict(os.environ), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    server = tmp_path / "server"
    assert git(server, "rev-parse", "pull-branch^1", "pull-branch^2").split() == [pulled, main]
    shown = subprocess.run(["git", "show", "pull-branch:a.mid"], cwd=server, capture_output=True, check=True)
    assert shown.stdout == piece(48, 74)


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_server_of_ones_own_joins_what_is_pushed_for_a_branch(
    make_repo: Callable[..., Path], tmp_path: Path, git: Ok, commit: Ok, muse_on_path: Path
) -> None:
    source = make_repo("source", {"a.mid": piece(60, 62), "a.txt": "a\n"})
    server = tmp_path / "server"
    git(tmp_path, "clone", "-q", "--bare", str(source), "server")
    git(server, "config", "receive.procReceiveRefs", "refs/for")
    hook = server / "hooks" / "proc-receive"
    hook.write_bytes((PAGE.parents[1] / "examples" / "server" / "proc-receive").read_bytes())
    hook.chmod(0o755)
    edits: dict[str, dict[str, str | bytes]] = {
        "one": {"a.mid": piece(60, 74)},
        "two": {"a.mid": piece(48, 62)},
        "three": {"b.txt": "b"},
    }
    for name, files in edits.items():
        git(tmp_path, "clone", "-q", str(server), name)  # plain Git: pushers need no Muse
        commit(tmp_path / name, files)
    pushing = [
        subprocess.Popen(["git", "push", "origin", "HEAD:refs/for/main"], cwd=tmp_path / name, stderr=subprocess.PIPE)
        for name in edits
    ]
    said = [process.communicate(timeout=60)[1] for process in pushing]
    assert [process.returncode for process in pushing] == [0, 0, 0], said
    shown = subprocess.run(["git", "show", "main:a.mid"], cwd=server, capture_output=True, check=True)
    assert shown.stdout == piece(48, 74) and git(server, "show", "main:b.txt") == "b"
    for name, text in (("one", "1"), ("two", "2")):
        commit(tmp_path / name, {"a.txt": text})
    git(tmp_path / "one", "push", "origin", "HEAD:refs/for/main")
    before = git(server, "for-each-ref")
    late = subprocess.run(["git", "push", "origin", "HEAD:refs/for/main"], cwd=tmp_path / "two", capture_output=True)
    assert late.returncode == 1 and b"conflicts in a.txt" in late.stderr
    assert git(server, "for-each-ref") == before


# Forges --------------------------------------------------------------------------------------------------------------

FORGES = sorted((PAGE.parents[1] / "examples" / "forges").iterdir())


@pytest.mark.parametrize("file", FORGES, ids=lambda file: file.stem)
def test_the_file_to_copy_is_the_one_in_the_page_and_says_what_the_bot_knows(file: Path) -> None:
    text = file.read_text()
    chapter = re.search(rf"^### {file.stem}$(.*?)^###? ", PAGE.read_text(), re.M | re.S | re.I)
    assert chapter is not None and f"```yaml\n{text}```\n" in chapter[1]
    loaded = yaml.load(text, yaml.BaseLoader)
    jobs = loaded.get("jobs", loaded.get("pipelines", loaded))
    assert "muse bot" in json.dumps(jobs), "where such a file has its jobs"
    (line,) = [line for line in text.splitlines() if re.search(r"\bmuse bot -", line)]
    words = re.findall(r"--?[a-z]+", line.partition("muse bot")[2].partition("||")[0])
    known = {name for option in command.params for name in option.opts}
    assert set(words) <= known and "--push" in words
    assert line.rstrip().endswith("|| [ $? = 1 ]"), "a conflict that is left fails no job"


def test_the_action_runs_what_the_file_does() -> None:
    action = yaml.load((PAGE.parents[1] / "packaging/action/action.yml").read_text(), yaml.BaseLoader)
    steps = action["runs"]["steps"]
    assert action["inputs"]["arguments"]["default"] == "--push --comment"
    assert [step["shell"] for step in steps if "run" in step] == ["bash", "bash"]
    named = set(re.findall(r"\$\{\{ inputs\.(\w+) \}\}", json.dumps(steps)))
    assert named == set(action["inputs"])
