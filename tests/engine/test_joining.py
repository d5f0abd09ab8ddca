"""Joins that go on from the states of earlier joins: whatever the shape of history, nothing is lost or comes back.

Histories are made of bare commits with one file, `muse.engine.merge.join_push` merges them, and what the file must
say is worked out here from who knew of which edit.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import mido
import pytest

from muse.core.errors import MuseError
from muse.engine.merge.join_push import join_commits
from muse.engine.merge.join_states import History
from muse.plugins.registry import plugin_for_path
from muse.store.meta import crdt_state
from muse.store.repository import Repository
from tests.store.states import states_of

pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
RULE = '[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "join"\n'
Values = dict[int, int]
"""Element -> its value."""


class Code:
    """Elements are functions of one line each, values what they return."""

    path = "code.py"

    @staticmethod
    def write(values: Values) -> bytes:
        return b"".join(b"def f%d(): return %d\n" % pair for pair in sorted(values.items()))

    @staticmethod
    def read(data: bytes) -> Values:
        return {int(key): int(value) for key, value in re.findall(rb"(?m)^def f(\d+)\(\): return (\d+)$", data)}

    @staticmethod
    def edit(data: bytes, key: int, value: int | None) -> bytes:
        new = b"" if value is None else b"def f%d(): return %d\n" % (key, value)
        done, count = re.subn(rb"(?m)^def f%d\(\): .*\n" % key, new, data)
        return done if count else data + new


class Midi:
    """Elements are notes at times of their own, values their velocities."""

    path = "piece.mid"

    @staticmethod
    def write(values: Values) -> bytes:
        track = mido.MidiTrack()
        now = 0
        for key, value in sorted(values.items()):
            track.append(mido.Message("note_on", note=60, velocity=value, time=key * 1000 - now))
            track.append(mido.Message("note_off", note=60, velocity=0, time=100))
            now = key * 1000 + 100
        piece = mido.MidiFile(ticks_per_beat=480, tracks=[track])
        out = BytesIO()
        piece.save(file=out)
        return out.getvalue()

    @staticmethod
    def read(data: bytes) -> Values:
        now, found = 0, {}
        for message in mido.MidiFile(file=BytesIO(data)).tracks[0]:
            now += message.time
            if message.type == "note_on" and message.velocity:
                assert now // 1000 not in found, "a note sounds twice"
                found[now // 1000] = message.velocity
        return found

    @classmethod
    def edit(cls, data: bytes, key: int, value: int | None) -> bytes:
        values = cls.read(data)
        values.pop(key, None)
        return cls.write(values if value is None else {**values, key: value})


class Tangle:
    """A history: commits of one file, and for each who knows of which edits."""

    def __init__(self, root: Path, domain: type[Code] | type[Midi], values: Values) -> None:
        self.repo = Repository(root)
        self.domain = domain
        self.rules = self.repo.git("hash-object", "-w", "--stdin", input=RULE.encode()).decode().strip()
        self.edits: dict[str, list[tuple[int, int | None, str]]] = {}  # commit -> (element, value, commit that made it)
        first = self.commit(domain.write(values))
        self.edits[first] = [(key, value, first) for key, value in values.items()]
        self.first = first

    def commit(self, data: bytes, *parents: str) -> str:
        blob = self.repo.git("hash-object", "-w", "--stdin", input=data).decode().strip()
        rows = f"100644 blob {self.rules}\t.museattributes\n100644 blob {blob}\t{self.domain.path}\n"
        tree = self.repo.git("mktree", input=rows.encode()).decode().strip()
        words = [word for parent in parents for word in ("-p", parent)]
        number = str(len(self.edits))
        return self.repo.git("commit-tree", tree, *words, "-m", number).decode().strip()

    def file(self, commit: str) -> bytes:
        return self.repo.objects.blob(f"{commit}:{self.domain.path}")

    def edit(self, on: str, key: int, value: int | None) -> str:
        """A plain commit that sets or deletes one element."""
        data = self.domain.edit(self.file(on), key, value)
        if data == self.file(on):
            return on
        new = self.commit(data, on)
        self.edits[new] = [*self.edits[on], (key, value, new)]
        return new

    def join(self, ours: str, theirs: str) -> str:
        if ours == theirs or self._in(theirs, ours):
            return ours
        if self._in(ours, theirs):
            return theirs
        new = join_commits(self.repo, ours, theirs, plugin_for_path, message=f"{len(self.edits)}").commit
        self.edits[new] = list(dict.fromkeys([*self.edits[ours], *self.edits[theirs]]))
        return new

    def _in(self, old: str, new: str) -> bool:
        return self.repo.run("merge-base", "--is-ancestor", old, new).returncode == 0

    def expected(self, commit: str) -> dict[int, set[int | None]]:
        """Per element, the values nobody overwrote who had seen them."""
        found: dict[int, set[int | None]] = {}
        rows = self.edits[commit]
        for key in {key for key, _, _ in rows}:
            mine = [(value, maker) for at, value, maker in rows if at == key]
            found[key] = {
                value for value, maker in mine
                if not any(other != maker and self._in(maker, other) for _, other in mine)
            }  # fmt: skip
        return found

    def check(self, commit: str) -> None:
        """Every element shows a value nobody knowingly replaced, and is gone only where all who touched it agree."""
        there = self.domain.read(self.file(commit))
        for key, values in self.expected(commit).items():
            assert there.get(key) in values, (key, there.get(key), values)
            if values != {None}:
                assert key in there, f"{key} is lost: {values}"
        assert there.keys() <= self.expected(commit).keys()

    def state(self, commit: str) -> bytes:
        """What is stored of the file in a commit's tree; one state, or the test fails."""
        (state,) = states_of(self.repo, self.repo.tree_of(commit), self.domain.path)
        return state


@pytest.fixture(params=[Code, Midi], ids=["code", "midi"])
def tangle(request, make_repo) -> Iterator[Tangle]:
    yield Tangle(make_repo("tangle", {"x": "x\n"}), request.param, dict.fromkeys(range(1, 9), 50))


def test_three_sides_joined_in_any_order_give_one_file_and_one_state(tangle: Tangle) -> None:
    sides = [tangle.edit(tangle.edit(tangle.first, key, 60 + key), 8, 90 + key) for key in (1, 2, 3)]
    sides[0] = tangle.edit(sides[0], 4, None)
    sides[1] = tangle.edit(sides[1], 20, 7)
    results = set()
    for a, b, c in itertools.permutations(sides):
        for end in (
            tangle.join(tangle.join(a, b), c),
            tangle.join(a, tangle.join(b, c)),
            tangle.join(tangle.join(a, b), tangle.join(b, c)),
        ):
            tangle.check(end)
            results.add((tangle.file(end), tangle.state(end)))
    assert len(results) == 1
    there = tangle.domain.read(results.pop()[0])
    assert {key: there.get(key) for key in (1, 2, 3, 4, 5, 20)} == {1: 61, 2: 62, 3: 63, 4: None, 5: 50, 20: 7}


def test_what_is_deleted_or_edited_in_plain_git_stays_so(tangle: Tangle) -> None:
    joined = tangle.join(tangle.edit(tangle.first, 1, 61), tangle.edit(tangle.first, 2, 62))
    one = tangle.edit(tangle.edit(joined, 1, None), 5, 75)
    other = tangle.edit(tangle.edit(joined, 3, 73), 2, None)
    again = tangle.join(one, other)
    tangle.check(again)
    assert tangle.domain.read(tangle.file(again)) == {3: 73, 4: 50, 5: 75, 6: 50, 7: 50, 8: 50}
    late = tangle.edit(tangle.first, 7, 77)  # from before the first join
    for end in (tangle.join(late, again), tangle.join(again, late)):
        tangle.check(end)
        assert tangle.domain.read(tangle.file(end)) == {3: 73, 4: 50, 5: 75, 6: 50, 7: 77, 8: 50}


def test_an_edit_outlives_a_deletion_whoever_edited_how_often(tangle: Tangle) -> None:
    often = tangle.first
    for round_ in range(3):  # many joins in which an element is edited again and again, and at last deleted
        often = tangle.join(tangle.edit(often, 1, 61 + round_), tangle.edit(often, 2, 71 + round_))
    often = tangle.edit(often, 1, None)
    once = tangle.edit(tangle.first, 1, 99)
    end = tangle.join(tangle.edit(often, 3, 5), once)
    tangle.check(end)
    assert tangle.domain.read(tangle.file(end))[1] == 99


def test_criss_cross_joins_agree(tangle: Tangle) -> None:
    a, b = tangle.edit(tangle.first, 1, 61), tangle.edit(tangle.first, 2, 62)
    left, right = tangle.join(a, b), tangle.join(b, a)
    assert tangle.file(left) == tangle.file(right) and left != right
    left, right = tangle.edit(left, 3, 63), tangle.edit(right, 4, None)
    ends = tangle.join(left, right), tangle.join(right, left)
    for end in ends:
        tangle.check(end)
    assert tangle.file(ends[0]) == tangle.file(ends[1]) and tangle.state(ends[0]) == tangle.state(ends[1])
    assert tangle.domain.read(tangle.file(ends[0])) == {1: 61, 2: 62, 3: 63, 5: 50, 6: 50, 7: 50, 8: 50}


SEEDS = [int(os.environ.get("MUSE_SOAK_SEED", "0")) + at for at in range(int(os.environ.get("MUSE_JOIN_CASES", "3")))]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_histories_lose_nothing_and_meet_in_one_file(tangle: Tangle, seed: int) -> None:
    rng = random.Random(seed)
    heads = [tangle.first] * 3
    for round_ in range(14):
        at = rng.randrange(3)
        if rng.random() < 0.6:
            key = rng.randrange(1, 12) if rng.random() < 0.8 else 20 + round_
            there = key in tangle.domain.read(tangle.file(heads[at]))
            if there or key >= 20:  # what is gone does not come back, or it would be another one of that name
                value = None if rng.random() < 0.3 and there else rng.randrange(1, 127)
                heads[at] = tangle.edit(heads[at], key, value)
        else:
            heads[at] = tangle.join(heads[at], heads[rng.randrange(3)])
        tangle.check(heads[at])
    files = set()
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        end = heads[order[0]]
        for other in order[1:]:
            end = tangle.join(end, heads[other])
        tangle.check(end)
        files.add(tangle.file(end))
    assert len({frozenset(tangle.domain.read(data)) for data in files}) == 1


def test_stored_states_that_lie_decide_nothing(tangle: Tangle) -> None:
    """Nonsense, an empty state, and another file's state in place of what was stored: the answer is the same."""
    a, b = tangle.edit(tangle.first, 1, None), tangle.edit(tangle.first, 2, 62)
    joined = tangle.join(a, b)
    other = tangle.join(tangle.edit(tangle.first, 7, 1), tangle.edit(tangle.first, 8, 2))
    ours, theirs = tangle.edit(joined, 3, 63), tangle.edit(joined, 4, 64)
    expected = tangle.domain.read(tangle.file(tangle.join(ours, theirs)))
    assert expected == {2: 62, 3: 63, 4: 64, 5: 50, 6: 50, 7: 50, 8: 50}
    lies = [b"", b"\xff", b"[]", b"{}", b'{"schema":"midi-join-2"}', tangle.state(other)]
    for number, lie in enumerate(lies):
        for commit in (tangle.first, a, b, joined, ours):
            tree = tangle.repo.tree_of(commit)
            ref = f"refs/muse-remotes/liar/meta/{number:020x}"
            tip = tangle.repo.run("rev-parse", "-q", "--verify", ref).stdout.decode().strip() or None
            _plant(tangle.repo, ref, tip, tree, tangle.domain.path, lie)
    for writer in tangle.repo.git("for-each-ref", "--format=%(refname)", "refs/muse/meta/").decode().split():
        tangle.repo.git("update-ref", "-d", writer)
    again = tangle.join(ours, theirs)
    assert tangle.domain.read(tangle.file(again)) == expected


def _plant(repo: Repository, ref: str, tip: str | None, tree: str, path: str, state: bytes) -> None:
    """Somebody else's metadata ref that says so of a tree's path."""
    from muse.core.types import blob_digest, canonical_json
    from muse.store.layout import FORMATS, crdt_path
    from muse.store.meta.writer_refs import take_commit
    from muse.store.objects.database import FILE
    from muse.store.objects.trees import edit

    head = {
        "format": 1,
        "domain": "files",
        "vclock": {},
        "crdt_state": {path: blob_digest(state)},
        "schema_version": "0",
    }
    with repo.writer() as writer:
        changes = {b"format": (FILE, writer.blob(FORMATS["meta"][-1]))}
        for name, data in ((crdt_path(tree), canonical_json(head)), (crdt_path(tree, path), state)):
            changes[name.encode()] = (FILE, writer.blob(data))
        base = None if tip is None else repo.tree_of(tip)
        new = take_commit(writer, edit(repo, writer, base, changes), [tip] if tip else [], "lies")
    repo.git("update-ref", ref, new)


def test_the_past_of_a_path_is_its_newest_stored_state(tangle: Tangle) -> None:
    joined = tangle.join(tangle.edit(tangle.first, 1, 61), tangle.edit(tangle.first, 2, 62))
    ours, theirs = tangle.edit(tangle.edit(joined, 3, 63), 4, 64), tangle.edit(joined, 5, 65)
    history = History(tangle.repo, ours, theirs, [joined])
    past = history.of(tangle.domain.path.encode())
    assert past.ours == past.theirs == ()
    ((data, (kept,)),) = past.bases
    assert data == tangle.file(joined) and kept.state == tangle.state(joined) and len(kept.vclock) == 2
    assert history.of(b"elsewhere") == ((), (), ())


def test_a_join_that_cannot_keep_its_states_is_still_a_join(tangle: Tangle, caplog, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise MuseError("no room")

    monkeypatch.setattr(crdt_state, "add", refuse)
    end = tangle.join(tangle.edit(tangle.first, 1, 61), tangle.edit(tangle.first, 2, 62))
    tangle.check(end)
    assert "were not kept: no room" in caplog.text


def test_git_merge_goes_on_from_stored_states_too(tangle: Tangle, git, tmp_path) -> None:
    """The driver gives the file that `muse merge` gives, where the merge base lifted anew would give another."""
    repo, root = tangle.repo, tangle.repo.root
    joined = tangle.join(tangle.edit(tangle.first, 1, 61), tangle.edit(tangle.first, 1, 71))
    ours, theirs = tangle.edit(joined, 3, 63), tangle.edit(tangle.edit(tangle.first, 1, 81), 4, 64)
    expected = tangle.join(ours, theirs)
    tangle.check(expected)
    (root / ".git/info/attributes").write_text("* merge=muse\n")
    git(root, "config", "merge.muse.driver", f"{sys.executable} -m muse.drivers.merge %O %A %B -L %L -p %P")
    git(root, "checkout", "-q", "-f", "--detach", ours)
    git(root, "merge", "-q", "--no-edit", theirs)
    assert git(root, "status", "--porcelain", "--untracked-files=no") == ""
    assert repo.objects.blob(f"HEAD:{tangle.domain.path}") == tangle.file(expected)


def test_commits_of_ours_carry_states_on(tangle: Tangle, git, monkeypatch) -> None:
    """`muse commit` keeps what a joined file becomes, so that a later join knows each edit by itself."""
    from muse.cli.main import main

    repo, root, path = tangle.repo, tangle.repo.root, tangle.domain.path
    git(root, "checkout", "-q", "-f", "--detach", tangle.first)
    monkeypatch.chdir(root)
    for key in (1, 2):
        (root / path).write_bytes(tangle.domain.edit((root / path).read_bytes(), key, 60 + key))
        assert main(["commit", "-q", "-m", "edit"]) == 0
    head, before = repo.resolve("HEAD"), repo.resolve("HEAD^")
    newest = tangle.state(head)
    assert len(newest) > len(tangle.state(before))
    tangle.edits[head] = [*tangle.edits[tangle.first], (1, 61, before), (2, 62, head)]
    other = tangle.edit(tangle.edit(tangle.first, 2, None), 3, 63)
    end = tangle.join(head, other)
    tangle.check(end)
    assert tangle.domain.read(tangle.file(end)) == {1: 61, 2: 62, 3: 63, 4: 50, 5: 50, 6: 50, 7: 50, 8: 50}
    assert tangle.state(head) == newest
    (root / ".museattributes").write_text("")
    (root / path).write_bytes(tangle.domain.edit((root / path).read_bytes(), 5, 65))
    assert main(["commit", "-q", "-m", "no join here"]) == 0
    assert states_of(repo, repo.tree_of("HEAD"), path) == []
