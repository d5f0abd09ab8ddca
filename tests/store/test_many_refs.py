"""Very many refs of metadata: one conversation in, one out, whatever is known of them here and whatever is damaged."""

from __future__ import annotations

import random

import pytest

from muse.core.errors import MuseError
from muse.store import intake, sync
from muse.store.repository import Repository
from tests.conftest import MakeRepo, RunGit
from tests.hostile.quarry import Quarry
from tests.store.test_lineage import MANY, asked, graph

__all__ = ["asked"]
HOME = "refs/muse-remotes/origin/"


@pytest.mark.parametrize("most", [intake.AT_ONCE, 3 * MANY])
def test_many_refs_come_and_go_in_one_conversation(
    make_repo: MakeRepo, git: RunGit, asked: list[str], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """By name, Git goes through all refs for each: a push beside 3,000 writers took 17 s of processor time."""
    for module in (intake, sync):
        monkeypatch.setattr(module, "AT_ONCE", most)
    root, server = make_repo("repo", {"a": "a\n"}), make_repo("server.git", bare=True)
    made, inside = graph(root, random.Random(3), MANY)
    draw = random.Random(4)
    there = {f"log/w{number}": draw.choice(made) for number in range(most + 30)}
    here = {name: draw.choice(made) for name in list(there)[: most // 2]}
    odd = git(root, "rev-parse", "HEAD")
    rows = [f"create refs/muse/{name} {tip}\n" for name, tip in (*there.items(), ("strange/a/b", odd))]
    git(root, "update-ref", "--stdin", input="".join(rows))
    repo = Repository(root)
    assert sync.push_metadata(repo, "origin", str(server)) == len(there)
    assert sum(line.startswith("push ") for line in asked) == 1
    said = git(server, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/muse").splitlines()
    assert dict(line.split() for line in said) == there  # and nothing of a name that is no writer's
    assert list(sync.due(repo, "origin")) == []

    rows = [f"delete {name}\n" for name in intake.local_tips(repo, "refs/muse/")]
    rows += [f"delete {HOME}{name}\n" for name in there]
    git(root, "update-ref", "--stdin", input="".join(rows))
    git(root, "update-ref", "--stdin", input="".join(f"create {HOME}{name} {tip}\n" for name, tip in here.items()))
    asked.clear()
    with pytest.raises(sync.Contradiction, match=r"different states of .* and \d+ more; both are kept"):
        sync.fetch_metadata(repo, "origin", str(server))
    assert sum("fetch.fsckObjects" in line for line in asked) == 1
    kept = {}
    for name, tip in there.items():
        old = here.get(name, tip)
        kept[HOME + name] = tip if old in inside[tip] else old
        if old not in inside[tip] and tip not in inside[old]:
            kept[f"{HOME}{name}.{tip[:12]}"] = tip
    assert intake.local_tips(repo, HOME) == kept


def test_one_bad_ref_among_very_many_costs_itself(make_repo: MakeRepo, git: RunGit) -> None:
    root, server = make_repo("repo", {"a": "a\n"}), make_repo("server", {"a": "a\n"})
    made, _ = graph(server, random.Random(5), intake.AT_ONCE + 40)
    rows = [f"create refs/muse/log/w{number} {tip}\n" for number, tip in enumerate(made)]
    at = Quarry(server)
    tree = at.folder({"format": at.blob(b"muse 2\n")})
    git(server, "update-ref", "--stdin", input="".join([*rows, f"create refs/muse/log/bad {at.commit(tree)}\n"]))
    at.loose(tree).unlink()
    repo = Repository(root)
    with pytest.raises(MuseError, match=r"left out, it is damaged \(refs/muse/log/bad\); the rest is here"):
        sync.fetch_metadata(repo, "origin", str(server))
    assert intake.local_tips(repo, HOME) == {f"{HOME}log/w{number}": tip for number, tip in enumerate(made)}


def test_more_than_anybody_would_fetch_is_not_pushed(
    make_repo: MakeRepo, git: RunGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote with more is one that nobody gets metadata from any more: 100,000 refs of a copied folder made it so."""
    root, server = make_repo("repo", {"a": "a\n"}), make_repo("server.git", bare=True)
    repo, tip = Repository(root), git(root, "rev-parse", "HEAD")
    monkeypatch.setattr(sync, "MAX_REFS", 3)
    for number in range(4):
        git(root, "update-ref", f"refs/muse/log/w{number}", tip)
    with pytest.raises(MuseError, match="more than 3 metadata refs of ours are not at origin; none were sent"):
        sync.push_metadata(repo, "origin", str(server))
    assert git(server, "for-each-ref", "refs/muse") == ""
    git(root, "update-ref", "-d", "refs/muse/log/w3")
    assert sync.push_metadata(repo, "origin", str(server)) == 3
    assert len(git(server, "for-each-ref", "refs/muse").splitlines()) == 3
