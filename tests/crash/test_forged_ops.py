"""An op forged under the next number of somebody else's writer displaces nothing, whichever of the two comes first."""

from __future__ import annotations

import itertools

import pytest

from muse.core.op_log import OpLog, make_op_entry
from muse.core.op_log.entries import finish, seal
from muse.engine.session import commit as session
from muse.plugins.registry import plugin_for_path
from muse.store import layout
from muse.store.log import archive, checkpoints
from muse.store.meta import writer_refs
from muse.store.repository import Repository
from muse.store.writer import writer_id


def _add(repo, name, text, time):
    op = {
        "op": "insert", "address": name, "position": None, "content_id": repo.content.put(text),
        "content_summary": "added",
    }  # fmt: skip
    return make_op_entry("ada", "files", op, time)


class Village:
    """Ada writes, Mallory forges her next op, Bob and Carol read."""

    def __init__(self, make_repo, git):
        start = make_repo("start", {"a.txt": "1\n"})
        self.git = git
        self.repos = {}
        for name in ("ada", "mallory", "bob", "carol"):
            git(start.parent, "clone", "-q", str(start), name)
            self.repos[name] = Repository(start.parent / name)
        self.log = OpLog(self.repos["ada"].root, "jam")
        self.log.append(_add(self.repos["ada"], "first.txt", b"first\n", 1))
        checkpoints.save(self.repos["ada"], self.log)

    def forge(self):
        """Mallory commits a number 2 of Ada's opening to his own ref."""
        repo = self.repos["mallory"]
        entry = _add(repo, "new.txt", b"forged\n", 90)
        data = finish(*seal(entry), (writer_id(self.repos["ada"]), self.log.instance, 2))
        files = {
            layout.segment_path("jam", self.log.instance, 2, 2, data): data,
            layout.session_path("jam", "name"): b"jam",
            **checkpoints.contents(repo, {entry["domain_op"]["content_id"]}),
        }
        writer_refs.commit_files(repo, "log", files, "forged")

    def write(self):
        """Ada's real number 2."""
        self.log.append(_add(self.repos["ada"], "new.txt", b"real\n", 2))
        checkpoints.save(self.repos["ada"], self.log)

    def tell(self, who, *whom):
        """What `whom` have in their refs reaches `who`, as a fetch would bring it."""
        for name in whom:
            source = str(self.repos[name].root)
            self.git(self.repos[who].root, "fetch", "-q", source, f"refs/muse/*:refs/muse-remotes/{name}/*")

    def commit(self, who):
        """One session commit; the lines told of what was not taken."""
        log = OpLog(self.repos[who].root, "jam")
        told = session.pull(self.repos[who], log)
        done = session.commit(self.repos[who], log, plugin_for_path, message="m")
        assert done.code == 0
        return told

    def file(self, who):
        """What Ada's second op made."""
        return self.repos[who].objects.blob("HEAD:new.txt")


@pytest.fixture
def village(make_repo, git):
    return Village(make_repo, git)


@pytest.mark.parametrize("order", list(itertools.permutations(["forge", "write"])), ids="-".join)
def test_both_are_kept_and_the_writers_own_is_used(village, order):
    village.tell("bob", "ada")
    for step in order:
        getattr(village, step)()
        village.tell("bob", "ada", "mallory")
        session.pull(village.repos["bob"], OpLog(village.repos["bob"].root, "jam"))
    village.commit("bob")
    assert village.file("bob") == b"real\n"
    ops = [entry["domain_op"]["content_id"] for entry in OpLog(village.repos["bob"].root, "jam").read_all()]
    forged = village.repos["mallory"].content.put(b"forged\n")
    assert len(ops) == 3 and forged in ops, "what was told is kept beside it"


def test_a_forgery_committed_elsewhere_takes_nothing_away(village):
    village.forge()
    village.tell("bob", "ada", "mallory")
    village.commit("bob")
    assert village.file("bob") == b"forged\n", "nobody has contradicted it yet: names are no signatures"
    village.write()
    village.tell("carol", "mallory", "bob")
    village.tell("carol", "ada")
    told = village.commit("carol")
    assert village.file("carol") == b"real\n" and any("own ref says otherwise" in line for line in told)
    village.tell("ada", "bob", "mallory", "carol")
    pending = village.log.replay(session.delivery.effective(village.repos["ada"], village.log)).entries
    assert [entry["domain_op"]["address"] for entry in pending] in ([], ["new.txt"])
    village.commit("ada")
    ours = [key.who for key, _ in village.log.records() if key.instance == village.log.instance]
    assert len(ours) == 2, "no op of another holds a number of ours"


def test_what_a_gone_writer_said_is_believed_of_who_took_it_in(village):
    village.write()
    repo = village.repos["bob"]
    village.tell("bob", "ada")
    log = OpLog(repo.root, "jam")
    checkpoints.pull(repo, log)
    rows, _ = log.lines_from(0)
    data = b"".join(line + b"\n" for _, line in rows)
    path = layout.segment_path("jam", village.log.instance, 1, 2, data)
    writer_refs.commit_files(repo, "log", {path: data, layout.session_path("jam", "name"): b"jam"}, "absorbed")
    village.tell("carol", "bob")
    other = OpLog(village.repos["carol"].root, "jam")
    checkpoints.pull(village.repos["carol"], other)
    assert [key for key, _ in other.records()] == [key for key, _ in village.log.records()]


def test_a_second_pull_adds_nothing_and_a_relay_ends(village):
    village.forge()
    village.write()
    for who, whom in (("bob", ("ada", "mallory")), ("carol", ("ada", "bob")), ("bob", ("carol",))):
        village.tell(who, *whom)
        log = OpLog(village.repos[who].root, "jam")
        checkpoints.pull(village.repos[who], log)
        assert checkpoints.pull(village.repos[who], log).added == 0
        checkpoints.save(village.repos[who], log)
        assert len(log.read_all()) == (3 if who == "bob" else 2), "Mallory's op stays where Mallory's ref is read"


def test_a_forged_op_keeps_no_session_from_being_archived(village):
    village.forge()
    village.write()
    repo = village.repos["bob"]
    village.tell("bob", "ada", "mallory")
    log = OpLog(repo.root, "jam")
    session.pull(repo, log)
    before = log.read_all()
    assert len(before) == 3
    assert archive.archive(repo, log, least=1, prune=True).given_up
    assert OpLog(repo.root, "jam").read_all() == before
