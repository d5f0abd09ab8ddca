"""A peer's stored deltas are words for what Git finds; they hide nothing and invent nothing."""

from __future__ import annotations

import json
import time

import pytest

from muse.cli.main import main
from muse.domain import DeleteOp, InsertOp, PatchOp, ReplaceOp, StructuredDelta
from muse.engine.history import log
from muse.store.meta import deltas
from muse.store.repository import Repository

CHECK = "def login(name, password):\n    return check(name, password)\n"
OPEN = "def login(name, password):\n    return True\n"


def delta(*ops):
    return StructuredDelta(domain="code", ops=list(ops), summary="1 modified")


def patch(path, summary="a typo mended", **more):
    return PatchOp(op="patch", address=path, child_ops=[], child_domain="code", child_summary=summary, **more)


def added(path):
    return InsertOp(op="insert", address=path, position=None, content_id="", content_summary=f"added {path}")


def gone(path):
    return DeleteOp(op="delete", address=path, position=None, content_id="", content_summary=f"deleted {path}")


def changed(path):
    return ReplaceOp(
        op="replace", address=path, position=None, old_content_id="", new_content_id="", old_summary=path,
        new_summary=f"changed {path}",
    )  # fmt: skip


@pytest.fixture
def opened(make_repo, commit):
    """A commit that takes the check of the password away, moves a file, adds one and deletes one."""
    root = make_repo("repo", {"login.py": CHECK, "README.md": "hello\n", "old.txt": "1\n2\n3\n", "gone.txt": "x\n"})
    (root / "old.txt").rename(root / "new.txt")
    (root / "gone.txt").unlink()
    commit(root, {"login.py": OPEN, "more.txt": "something else\n"}, "tidy up")
    return root


@pytest.fixture
def tell(opened, make_repo, git):
    """Write a delta of the last commit as a peer, and fetch it."""

    def write(value, name="peer"):
        repo = Repository(opened)
        peer = Repository(make_repo(name, {"x": "1\n"}))
        deltas.save(peer, repo.tree_of("HEAD~1"), repo.tree_of("HEAD"), value)
        git(opened, "fetch", "-q", str(peer.root), f"+refs/muse/*:refs/muse-remotes/{name}/*")

    return write


@pytest.fixture
def run(opened, monkeypatch, capfd, caplog):
    def words(*args):
        monkeypatch.chdir(opened)
        caplog.clear()
        code = main(list(args))
        told = capfd.readouterr()
        return code, told.out, told.err + caplog.text

    return words


TRUE = [
    patch("login.py", "login() changed"),
    patch("new.txt", "renamed from old.txt", from_address="old.txt"),
    added("more.txt"),
    gone("gone.txt"),
]
LIES = {
    "another path instead": delta(patch("README.md")),
    "nothing": delta(),
    "one path missing": delta(*TRUE[1:]),
    "one path besides": delta(*TRUE, patch("README.md")),
    "one path twice": delta(*TRUE, TRUE[0]),
    "a deletion told as a change": delta(*TRUE[:3], changed("gone.txt")),
    "an addition told as a deletion": delta(*TRUE[:2], gone("more.txt"), TRUE[3]),
    "a rename told as a change": delta(TRUE[0], patch("new.txt"), *TRUE[2:]),
    "a rename from elsewhere": delta(
        TRUE[0], patch("new.txt", "renamed from README.md", from_address="README.md"), *TRUE[2:]
    ),
    "a rename that says otherwise": delta(
        TRUE[0], patch("new.txt", "renamed from README.md", from_address="old.txt"), *TRUE[2:]
    ),
    "a rename told as a copy": delta(
        TRUE[0], patch("new.txt", "copied from old.txt", from_address="old.txt"), *TRUE[2:]
    ),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_delta_that_disagrees_is_dropped_and_told(lie, tell, run):
    tell(lie)
    for words in (["log", "-n", "1"], ["show"]):
        code, out, err = run(*words)
        paths = [line.partition(":")[0] for line in out.splitlines() if line[:3] in ("M  ", "R  ", "A  ", "D  ")]
        assert code == 0 and paths == ["D  gone.txt", "M  login.py", "A  more.txt", "R  new.txt"]
        assert err.count("does not name the changes that Git finds") == 1
    _, out, _ = run("log", "-n", "1", "--json")
    listed = [row["path"] for row in json.loads(out)[0]["delta"]["paths"]]
    assert sorted(listed) == ["gone.txt", "login.py", "more.txt", "new.txt"]
    code, out, _ = run("verify", "--no-fsck")
    assert code == 1 and "refs/muse-remotes/peer/meta/" in out and "the changes that Git finds" in out


def test_words_that_fit_are_used_and_a_liar_beside_them_is_ignored(tell, run):
    tell(delta(*TRUE), "honest")
    tell(LIES["nothing"], "liar")
    code, out, err = run("log", "-n", "1")
    assert code == 0 and "M  login.py: login() changed" in out and "muse-remotes/liar/" in err
    code, out, _ = run("verify", "--no-fsck")
    assert code == 1 and "/liar/" in out and "/honest/" not in out


def test_what_muse_itself_stores_agrees(make_repo, run, opened, commit, monkeypatch):
    """Everything that can happen to a path, committed by Muse: no delta of its own is left out."""
    (opened / "login.py").unlink()
    (opened / "login.py").symlink_to("README.md")
    (opened / "more.txt").chmod(0o755)
    (opened / "new.txt").rename(opened / "newer.txt")
    (opened / "added.py").write_text("x = 1\n")
    (opened / "README.md").unlink()
    assert run("commit", "-m", "all of it")[0] == 0
    code, _, err = run("log", "-n", "1")
    assert code == 0 and "left out" not in err
    assert run("verify", "--no-fsck")[0] == 0


def test_no_name_and_no_message_takes_the_place_of_another_field(opened, git, run):
    """Fields stood between characters that an author's name may hold: it gave itself dates, refs and a message."""
    lie = "\x1f".join(["Ada", "ada@x", "2001-01-01T00:00:00Z", "then", "Ada", "ada@x", "2001", "tag: v1", "all well"])
    git(opened, "commit", "-q", "--allow-empty", "-m", "the check is gone", f"--author={lie} <eve@example.org>")
    _, out, _ = run("log", "-n", "1", "--json")
    (row,) = json.loads(out)
    assert row["author"] == lie and row["author_email"] == "eve@example.org" and row["message"] == "the check is gone"
    assert row["refs"] == ["HEAD -> main"] and not row["author_date"].startswith("2001")
    code, out, _ = run("log", "-n", "1", "--oneline")
    assert code == 0 and out.split(" ", 1)[1].startswith("(HEAD -> main) the check is gone")


@pytest.mark.parametrize("words", [["log"], ["log", "--oneline"], ["log", "--json"], ["show"], ["log", "--graph"],
                                   ["log", "--symbol", "login.py::login"], ["render", "-o", "-"]],
                         ids=" ".join)  # fmt: skip
def test_a_message_with_the_byte_that_ends_a_commit_is_one_message(opened, git, run, words):
    """Git has it out of UTF-7, in which +AAA- is that byte."""
    tree, head = git(opened, "rev-parse", "HEAD^{tree}"), git(opened, "rev-parse", "HEAD")
    who = "A+AAA-B <a@b> 1767323045 +0000"
    body = f"tree {tree}\nparent {head}\nauthor {who}\ncommitter {who}\nencoding UTF-7\n\none+AAA-two+AB8-three\n"
    odd = git(opened, "hash-object", "-t", "commit", "-w", "--stdin", input=body)
    git(opened, "reset", "-q", "--hard", odd)
    (opened / "login.py").write_text(OPEN + "\n")
    git(opened, "commit", "-q", "-a", "-m", "after it")
    code, out, err = run(*words)
    assert code == 0 and "internal" not in err and "\0" not in out, err
    assert "after it" in out or "--symbol" in words
    if words == ["log"]:
        assert out.count("\ncommit ") + 1 == out.count("Author: ") == 4 and "    one" in out


def test_a_message_of_many_such_bytes_takes_no_time():
    """Put together again byte by byte, 3 MB of them took 4 s, and 30 MB a hundred times as long."""
    rows = [f"{log._MARK}a".encode(), *[b""] * 600_000, log._END.encode()]
    began = time.process_time()
    (whole,) = log._whole(rows)
    assert whole == b"\0".join(rows) and time.process_time() - began < 1
