"""`muse.signLog`: log refs signed by Git's own signing configuration, judged when they are read. Keys made here."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from muse.core.op_log import OpLog
from muse.engine.remote.sync import sync_once
from muse.engine.session import commit as session
from muse.engine.session.intake import Intake
from muse.plugins.registry import plugin_for_path
from muse.store import refs
from muse.store.layout import own_ref
from muse.store.log import checkpoints
from muse.store.meta.union import Union
from muse.store.repository import Repository
from muse.store.writer import rotate, writer_id
from tests.session.kit import added

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not on PATH")


def told(repo):
    return [f"{problem.ref}: {problem.why}" for problem in Union(repo, quiet=True).problems]


class Pair:
    """Ada and Bob, who share a server; each has a key of their own, and a list of keys they trust."""

    def __init__(self, make_repo, git, folder):
        self.git, self.folder = git, folder
        start = make_repo("start", {"a.txt": "1\n"})
        git(folder, "clone", "-q", "--bare", start, "server.git")
        self.repos = {}
        for name in ("ada", "bob"):
            git(folder, "clone", "-q", "server.git", name)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / f"{name}.key"], check=True)
            root = folder / name
            for key, value in {
                "gpg.format": "ssh", "user.signingKey": folder / f"{name}.key.pub", "user.email": f"{name}@example.org",
                "gpg.ssh.allowedSignersFile": folder / f"{name}.trusts",
            }.items():  # fmt: skip
                git(root, "config", key, value)
            (folder / f"{name}.trusts").write_text("")
            self.repos[name] = Repository(root)

    def trust(self, who, whom):
        kind, key, *_ = (self.folder / f"{whom}.key.pub").read_text().split()
        with (self.folder / f"{who}.trusts").open("a") as file:
            file.write(f"{whom}@example.org {kind} {key}\n")

    def set(self, who, value):
        self.git(self.repos[who].root, "config", "muse.signLog", value)
        self.repos[who] = Repository(self.repos[who].root)

    def write(self, who, name):
        repo = self.repos[who]
        if not OpLog(repo.root, "jam").folder.is_dir():
            session.start(repo, "jam")
        log = OpLog(repo.root, "jam")
        answer = Intake(repo, log, who, "written", plugin_for_path).one({"op": added(name, name.encode())})
        log.close()
        assert "ack" in answer, answer

    def sync(self, who):
        """What went wrong, "" when nothing did."""
        return sync_once(Repository(self.repos[who].root), "origin", plugin_for_path).problem

    def names(self, who):
        """The files that the session's ops here are about."""
        repo = self.repos[who]
        log = OpLog(repo.root, "jam")
        checkpoints.pull(repo, log)
        return {entry["domain_op"]["address"] for entry in log.read_all()}

    def ref(self, who):
        return own_ref("log", writer_id(self.repos[who]))

    def remote_ref(self, who):
        return self.ref(who).replace("refs/muse/", "refs/muse-remotes/origin/")


@pytest.fixture
def pair(make_repo, git, tmp_path):
    return Pair(make_repo, git, tmp_path)


def test_what_is_signed_git_itself_verifies(pair, muse):
    pair.set("ada", "true")
    pair.trust("ada", "ada")
    pair.write("ada", "one.txt")
    assert not pair.sync("ada")
    said = pair.git(pair.repos["ada"].root, "log", "-1", "--format=%G? %GS%n%B", pair.ref("ada"))
    assert f"ok   {pair.ref('ada')} is signed by ada@example.org\n" in muse(pair.repos["ada"].root, "doctor")[1]
    assert said.startswith("G ada@example.org\n") and said.rstrip().endswith(f"Muse-Ref: {pair.ref('ada')[10:]}")


def test_required_and_good_is_taken_unsigned_is_not_and_back(pair):
    pair.write("ada", "one.txt")
    assert not pair.sync("ada")
    pair.set("bob", "require")
    pair.sync("bob")
    assert told(pair.repos["bob"]) == [f"{pair.remote_ref('ada')}: it is not signed, and muse.signLog requires it"]
    assert pair.names("bob") == set()
    pair.set("ada", "true")  # what she wrote before is signed by her next sync
    assert not pair.sync("ada") and not pair.sync("bob")
    assert told(pair.repos["bob"]) == [
        f"{pair.remote_ref('ada')}: Git does not verify its signature, and muse.signLog requires it"
    ]
    pair.trust("bob", "ada")
    assert told(pair.repos["bob"]) == [] and pair.names("bob") == {"one.txt"}


def test_not_required_it_is_judged_all_the_same(pair):
    """A signature that was made over something else: the commit is as good as forged, whoever asks for nothing."""
    pair.set("ada", "true")
    pair.write("ada", "one.txt")
    assert not pair.sync("ada")
    pair.sync("bob")
    pair.trust("bob", "ada")
    bob = pair.repos["bob"]
    ref = pair.remote_ref("ada")
    good = refs.read(bob, ref)
    data = bob.objects.read(good)[1]
    forged = data.replace(b"new ops", b"old ops")
    assert forged != data
    bad = pair.git(bob.root, "hash-object", "-t", "commit", "-w", "--stdin", input=forged)
    pair.git(bob.root, "update-ref", ref, bad)
    assert told(Repository(bob.root)) == [f"{ref}: its signature is bad"]
    pair.git(bob.root, "update-ref", ref, good)
    assert told(Repository(bob.root)) == [] and pair.names("bob") == {"one.txt"}


def test_nobodys_signed_word_is_shown_as_another_writers(pair):
    pair.set("ada", "true")
    pair.write("ada", "one.txt")
    assert not pair.sync("ada")
    pair.sync("bob")
    bob = pair.repos["bob"]
    other = f"refs/muse-remotes/origin/log/{'c' * 20}"
    pair.git(bob.root, "update-ref", other, pair.remote_ref("ada"))
    assert told(Repository(bob.root)) == [f"{other}: it is signed as {pair.ref('ada')[10:]}"]


def test_a_new_writer_id_signs_under_its_name(pair):
    pair.set("ada", "require")
    pair.trust("ada", "ada")
    pair.trust("bob", "ada")
    pair.set("bob", "require")
    pair.write("ada", "one.txt")
    assert not pair.sync("ada")
    rotate(pair.repos["ada"], writer_id(pair.repos["ada"]))
    pair.write("ada", "two.txt")
    assert not pair.sync("ada")
    assert not pair.sync("bob")
    assert told(pair.repos["bob"]) == []
    assert pair.names("bob") == {"one.txt", "two.txt"}


def test_a_key_that_does_not_sign_stops_with_gits_words(pair, muse):
    pair.write("ada", "one.txt")
    pair.set("ada", "true")
    root = pair.repos["ada"].root
    pair.git(root, "config", "user.signingKey", pair.folder / "none.pub")
    code, _, err = muse(root, "session", "commit", "jam")
    assert code == 128 and "the log cannot be signed: " in err and "git config user.signingKey KEY" in err
    pair.git(root, "config", "user.signingKey", pair.folder / "ada.key.pub")
    assert muse(root, "session", "commit", "jam")[0] == 0 and (root / "one.txt").read_text() == "one.txt"


@pytest.mark.parametrize("value", ["maybe", "Required"])
def test_a_word_it_does_not_have_is_refused(pair, value):
    pair.write("ada", "one.txt")
    pair.set("ada", value)
    assert "it is true, false or require" in pair.sync("ada")
