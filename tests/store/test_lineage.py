"""Which commits contain which: the answers of `git merge-base`, and few processes however many are asked about."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from muse.store import intake, lineage, sync
from muse.store.log import gc
from muse.store.meta import writer_refs
from muse.store.repository import Repository
from muse.store.verify import problems
from tests.conftest import MakeRepo, RunGit

MANY = 40
DELTA = f"deltas/aa/{'b' * 40}-{'a' * 40}.json"


def graph(root: Path, draw: random.Random, count: int) -> tuple[list[str], dict[str, set[str]]]:
    """Commits with up to three parents of those before, and what each contains, worked out without Git."""
    from tests.hostile.quarry import Quarry

    at = Quarry(root)
    tree, made = at.folder({}), list[str]()
    inside: dict[str, set[str]] = {}
    for number in range(count):
        parents = draw.sample(made, min(len(made), draw.randrange(4)))
        made.append(at.commit(tree, *parents, message=b"%d\n" % number))
        inside[made[-1]] = {made[-1]}.union(*(inside[parent] for parent in parents))
    return made, inside


@pytest.mark.parametrize("seed", range(3))
def test_the_answers_are_those_of_the_graph(make_repo: MakeRepo, seed: int) -> None:
    draw = random.Random(seed)
    root = make_repo()
    made, inside = graph(root, draw, MANY)
    repo = Repository(root)
    for count in (1, lineage.FEW + 1, 700):
        pairs = [(draw.choice(made), draw.choice(made)) for _ in range(count)]
        assert lineage.contained(repo, pairs) == {(tip, commit) for tip, commit in pairs if commit in inside[tip]}
    tips, commits = draw.sample(made, 5), draw.sample(made, 20)
    assert lineage.held_by_any(repo, commits, tips) == {
        commit for commit in commits if any(commit in inside[tip] for tip in tips)
    }


def test_what_is_lost_hides_nothing_else(make_repo: MakeRepo) -> None:
    root = make_repo()
    made, inside = graph(root, random.Random(7), MANY)
    pairs = [(tip, made[at]) for at in (0, 3, 5) for tip in made]
    gone = made[20]
    (root / ".git" / "objects" / gone[:2] / gone[2:]).unlink()
    whole = [pair for pair in pairs if gone not in inside[pair[0]]]
    found = lineage.contained(Repository(root), pairs)
    assert found & set(whole) == {(tip, commit) for tip, commit in whole if commit in inside[tip]}
    assert found <= {(tip, commit) for tip, commit in pairs if commit in inside[tip]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that were run."""
    found: list[str] = []
    real = Repository.run

    def run(self: Repository, *args: str, **named: object) -> object:
        found.append(" ".join(map(str, args))[:80])
        return real(self, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "run", run)
    return found


def test_thousands_of_refs_are_no_thousands_of_processes(make_repo: MakeRepo, git: RunGit, asked: list[str]) -> None:
    """Each ref of a peer cost a `git merge-base` or two in `sync`, `gc` and `verify`: 20,000 took minutes."""
    root, server = make_repo("repo", {"a": "a\n"}), make_repo("server.git", bare=True)
    git(root, "remote", "add", "origin", str(server))
    repo = Repository(root)
    writer_refs.commit_files(repo, "meta", {DELTA: b"mine"}, "mine")
    made, inside = graph(root, random.Random(1), 2 * MANY)
    rows = []
    for number in range(MANY):
        rows.append(f"create refs/muse/meta/w{number} {made[MANY + number]}\n")
        rows.append(f"create refs/muse-remotes/origin/meta/w{number} {made[number]}\n")
    git(root, "update-ref", "--stdin", input="".join(rows))
    asked.clear()
    apart = {f"w{n}" for n in range(MANY) if made[n] not in inside[made[MANY + n]]}
    assert 0 < len(apart) < MANY
    assert {name.rpartition("/")[2] for name in sync.overtaken(repo, "origin")} == apart
    told = [problem.why for problem in problems(repo) if "another way" in problem.why]
    assert {line.split()[3] for line in told} == apart and len(told) == len(apart)
    assert len(asked) < MANY, asked
    sync.fetch_metadata(repo, "origin", str(server))  # which has none of it any more
    left = git(root, "for-each-ref", "--format=%(refname)", "refs/muse-remotes").split()
    assert {name.rpartition("/")[2] for name in left} == apart
    assert sync.push_metadata(repo, "origin", str(server)) == MANY - len(apart) + 1
    there = git(server, "for-each-ref", "--format=%(refname)", "refs/muse").split()
    assert len(there) == MANY - len(apart) + 1
    assert len(gc.absorb(repo, retired_days=-1.0).refs) > MANY
    assert gc.absorb(repo, retired_days=-1.0).refs == []  # each was asked for, whether it is ours by now
    assert len(asked) < 2 * MANY, asked


def test_refs_that_would_not_move_are_asked_about_together(make_repo: MakeRepo, git: RunGit, asked: list[str]) -> None:
    """A fetch of 3,000 writers of which the remote has older or other states asked Git three times for each."""
    root, server = make_repo("repo", {"a": "a\n"}), make_repo("server.git", bare=True)
    made, inside = graph(root, random.Random(2), 2 * MANY)
    there, here, rows = made[:MANY], made[MANY:], []
    for number in range(MANY):
        rows.append(f"create refs/muse/log/w{number} {there[number]}\n")
        rows.append(f"create refs/muse-remotes/origin/log/w{number} {here[number]}\n")
    git(root, "update-ref", "--stdin", input="".join(rows))
    git(root, "push", "-q", str(server), "refs/muse/*:refs/muse/*")
    fresh = git(server, "commit-tree", "-m", "new", git(server, "rev-parse", f"{there[0]}^{{tree}}"))
    git(server, "update-ref", "refs/muse/log/fresh", fresh)
    git(root, "update-ref", "--stdin", input="".join(f"delete refs/muse/log/w{number}\n" for number in range(MANY)))
    repo = Repository(root)
    asked.clear()
    apart = [number for number in range(MANY) if there[number] not in inside[here[number]]]
    assert 0 < len(apart) < MANY
    with pytest.raises(sync.Contradiction, match="both are kept"):
        sync.fetch_metadata(repo, "origin", str(server))
    assert len(asked) < MANY, asked
    home = "refs/muse-remotes/origin/log/"
    kept = {f"{home}w{number}": here[number] for number in range(MANY)}
    kept |= {f"{home}w{number}.{there[number][:12]}": there[number] for number in apart}
    assert intake.local_tips(repo, home) == kept | {f"{home}fresh": fresh}
