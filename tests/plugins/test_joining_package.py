"""The example of a domain that joins, installed as a third party's package: every merge is clean and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BASE = "amber\nblue\ncyan\n"

Git = Callable[..., str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def repo(run: Run, make_repo: Callable[..., Path]) -> Path:
    root = make_repo(files={"song.labels": BASE})
    assert run(root, "muse", "install", "--local").returncode == 0
    return root


def fork(git: Git, commit: Callable[..., str], repo: Path, ours: str, theirs: str) -> None:
    git(repo, "switch", "-q", "-c", "topic")
    commit(repo, {"song.labels": theirs}, "theirs")
    git(repo, "switch", "-q", "main")
    commit(repo, {"song.labels": ours}, "ours")


OURS, THEIRS = BASE.replace("amber\n", "amber\nazure\n"), "beige\nblue\ncyan\n"
JOINED = "azure\nbeige\nblue\ncyan\n"


@pytest.mark.parametrize("command", [("git", "merge", "--no-edit", "topic"), ("muse", "merge", "topic")])
def test_adding_and_taking_away_at_one_place_is_clean(
    command: tuple[str, ...], repo: Path, run: Run, git: Git, commit: Callable[..., str]
) -> None:
    fork(git, commit, repo, OURS, THEIRS)
    done = run(repo, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (repo / "song.labels").read_text() == JOINED
    assert git(repo, "status", "--porcelain") == ""


def test_a_label_taken_away_does_not_come_back_with_the_next_merge(
    repo: Path, run: Run, git: Git, commit: Callable[..., str]
) -> None:
    fork(git, commit, repo, OURS, THEIRS)
    assert run(repo, "muse", "merge", "topic").returncode == 0
    git(repo, "switch", "-q", "topic")
    commit(repo, {"song.labels": THEIRS + "dun\n"}, "more")
    git(repo, "switch", "-q", "main")
    assert run(repo, "muse", "merge", "topic").returncode == 0
    assert (repo / "song.labels").read_text() == JOINED + "dun\n"


def test_a_rule_may_forbid_the_join(repo: Path, run: Run, git: Git, commit: Callable[..., str]) -> None:
    commit(repo, {".museattributes": '[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "three_way"\n'}, "rules")
    fork(git, commit, repo, OURS, THEIRS)
    done = run(repo, "git", "merge", "--no-edit", "topic")
    assert (done.returncode, (repo / "song.labels").read_text()) == (0, JOINED), done.stderr
    assert "joined" not in done.stderr


def test_a_push_that_came_second_is_joined(repo: Path, run: Run, git: Git, tmp_path: Path) -> None:
    """By `merge_mode` alone: no rule and no setting says so."""
    git(repo, "clone", "-q", "--bare", str(repo), str(tmp_path / "server.git"))
    clones = []
    for name, text in (("a", OURS), ("b", THEIRS)):
        clone = tmp_path / name
        assert run(tmp_path, "git", "clone", "-q", f"muse::{tmp_path}/server.git", str(clone)).returncode == 0
        (clone / "song.labels").write_text(text)
        git(clone, "commit", "-q", "-am", name)
        clones.append(clone)
    for clone in clones:
        done = run(clone, "git", "push", "-q", "origin", "main")
        assert done.returncode == 0, done.stderr
    assert git(repo, "--git-dir", str(tmp_path / "server.git"), "show", "main:song.labels").strip() == JOINED.strip()


def test_it_is_listed_and_nothing_is_wrong_with_it(repo: Path, run: Run) -> None:
    assert "*.labels" in run(repo, "muse", "domains", "labels").stdout
    assert "labels: " not in run(repo, "muse", "doctor").stdout


def test_diff_and_replay_agree(run: Run, tmp_path: Path) -> None:
    code = (
        "from muse_labels import LabelsPlugin as P; p = P();"
        f"a, b = {BASE.encode()!r}, {JOINED.encode()!r};"
        "ops, words = p.diff_file('s.labels', a, b);"
        "assert p.patch_file('s.labels', a, ops) == b;"
        "assert [op['address'] for op in ops] == ['s.labels/amber', 's.labels/azure', 's.labels/beige'], ops;"
        "print(words)"
    )
    done = run(tmp_path, sys.executable, "-c", code)
    assert done.stdout == "2 labels added, 1 taken away\n", done.stderr
