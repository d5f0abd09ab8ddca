"""Git itself merges, rebases, cherry-picks and unstashes MIDI files through the driver."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.plugins.midi.file.codec import parse

from .fixture_cases import CASES, Case

Git = Callable[..., str]


def heard(data: bytes) -> list[Counter[tuple[int, bytes]]]:
    song = parse(data)
    return [Counter([*zip(each.ticks, each.bodies), (each.end_tick, b"end")]) for each in song.tracks]


@pytest.fixture
def piece(make_repo: Callable[..., Path], git: Git) -> Callable[[Case], Path]:
    """A repository with a case on two branches: `main` has ours, `side` has theirs; the driver is set up."""

    def make(case: Case) -> Path:
        root = make_repo()
        driver = f'"{sys.executable}" -m muse.drivers.merge %O %A %B -L %L -p %P'
        git(root, "config", "merge.muse.driver", driver)
        (root / ".gitattributes").write_text("*.mid merge=muse\n")
        (root / "piece.mid").write_bytes(case.base.data())
        git(root, "add", ".")
        git(root, "commit", "-qm", "base")
        git(root, "checkout", "-qb", "side")
        (root / "piece.mid").write_bytes(case.theirs.data())
        git(root, "commit", "-qam", "theirs")
        git(root, "checkout", "-q", "main")
        (root / "piece.mid").write_bytes(case.ours.data())
        git(root, "commit", "-qam", "ours")
        return root

    return make


CLEAN = CASES["transposed-bass-and-drum-fill"]


@pytest.mark.parametrize("command", [("merge", "-q", "--no-edit", "side"), ("cherry-pick", "side"), ("rebase", "side")])
def test_a_clean_merge(piece: Callable[[Case], Path], git: Git, command: tuple[str, ...]) -> None:
    root = piece(CLEAN)
    git(root, *command)
    assert heard((root / "piece.mid").read_bytes()) == heard(CLEAN.expected.data())
    assert git(root, "status", "--porcelain") == ""


def test_stash_pop(piece: Callable[[Case], Path], git: Git) -> None:
    root = piece(CLEAN)
    git(root, "checkout", "-q", "side~1")
    (root / "piece.mid").write_bytes(CLEAN.ours.data())
    git(root, "stash", "-q")
    git(root, "checkout", "-q", "side")
    git(root, "stash", "pop", "-q")
    assert heard((root / "piece.mid").read_bytes()) == heard(CLEAN.expected.data())


def test_revert_keeps_later_edits(piece: Callable[[Case], Path], git: Git) -> None:
    root = piece(CLEAN)
    git(root, "merge", "-q", "--no-edit", "side")
    git(root, "revert", "--no-edit", "HEAD^1")
    assert heard((root / "piece.mid").read_bytes()) == heard(CLEAN.theirs.data())


@pytest.mark.parametrize("name", [name for name in sorted(CASES) if name.startswith("c") and CASES[name].conflicts])
def test_a_conflict_leaves_a_playable_file(piece: Callable[[Case], Path], git: Git, name: str) -> None:
    case = CASES[name]
    root = piece(case)
    git(root, "merge", "-q", "side", check=False)
    assert git(root, "status", "--porcelain").startswith("UU piece.mid")
    assert heard((root / "piece.mid").read_bytes()) == heard(case.expected.data())
