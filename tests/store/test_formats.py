"""The log ref's formats: 1 is read and converted, a newer one is refused in words, whoever is the older Muse."""

from __future__ import annotations

from pathlib import Path

import pytest

from muse.cli.main import main
from muse.core.op_log import OpLog
from muse.store import layout
from muse.store.log import checkpoints
from muse.store.meta import union
from muse.store.repository import Repository
from muse.store.writer import writer_id
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import added, changed


@pytest.fixture
def jam(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session that has delivered `new.txt` once."""
    root = make_repo(files={"a.txt": b"a\n"})
    monkeypatch.chdir(root)
    assert main(["session", "start", "jam"]) == 0
    record(root, added("new.txt", b"new\n"))
    assert main(["session", "commit", "jam", "-m", "first"]) == 0
    return root


def record(root: Path, *ops: object) -> None:
    OpLog(root, "jam").record("ada", "files", list(ops))  # type: ignore[arg-type]


def as_format(root: Path, git: RunGit, ref: str, text: str) -> str:
    """Commit another `format` onto a log ref, and nothing else."""
    blob = git(root, "hash-object", "-w", "--stdin", input=text)
    rows = [row for row in git(root, "ls-tree", ref).splitlines() if not row.endswith("\tformat")]
    tree = git(root, "mktree", input="\n".join([f"100644 blob {blob}\tformat", *rows]) + "\n")
    commit = git(root, "commit-tree", tree, "-p", ref, "-m", text.strip())
    git(root, "update-ref", ref, commit)
    return commit


def own(root: Path) -> str:
    return layout.own_ref("log", writer_id(Repository(root)))


def test_a_new_log_is_format_2_and_the_meta_ref_is_1(jam: Path, git: RunGit) -> None:
    assert git(jam, "show", f"{own(jam)}:format") == "muse 2"
    assert git(jam, "show", f"{own(jam).replace('/log/', '/meta/')}:format") == "muse 1"


def test_format_1_is_read_and_the_first_write_converts_it(jam: Path, git: RunGit) -> None:
    old = as_format(jam, git, own(jam), "muse 1\n")
    before = git(jam, "ls-tree", "-r", old).splitlines()
    assert checkpoints.sessions(Repository(jam)) == ["jam"]
    assert git(jam, "rev-parse", own(jam)) == old, "looking converts nothing"
    git(jam, "rm", "-q", "new.txt")
    git(jam, "commit", "-qm", "by hand")
    record(jam, added("more.txt", b"more\n"))
    assert main(["session", "commit", "jam", "-m", "second"]) == 0
    assert git(jam, "show", f"{own(jam)}:format") == "muse 2"
    assert git(jam, "merge-base", own(jam), old) == old
    kept = set(git(jam, "ls-tree", "-r", own(jam)).splitlines())
    lost = [row for row in before if row not in kept]
    assert all(row.endswith(("\tformat", "\tjam/checkpoint.json")) for row in lost)
    assert git(jam, "ls-tree", "--name-only", "HEAD").split() == ["a.txt", "more.txt"]


def test_a_fetched_ref_of_format_1_counts(jam: Path, git: RunGit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    as_format(jam, git, own(jam), "muse 1\n")
    git(tmp_path, "clone", "-q", jam, "other")
    other = tmp_path / "other"
    git(other, "fetch", "-q", "origin", "+refs/muse/*:refs/muse-remotes/origin/*")
    git(other, "rm", "-q", "new.txt")
    git(other, "commit", "-qm", "by hand")
    monkeypatch.chdir(other)
    assert main(["session", "commit", "jam"]) == 0
    assert git(other, "ls-tree", "--name-only", "HEAD").split() == ["a.txt"]
    assert len(OpLog(other, "jam").read_all()) == 1


def test_who_knows_format_1_only_refuses_in_words(
    jam: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An older Muse in this clone: it neither replays what was delivered nor writes."""
    git(jam, "rm", "-q", "new.txt")
    git(jam, "commit", "-qm", "by hand")
    record(jam, added("more.txt", b"more\n"))
    monkeypatch.setitem(layout.FORMATS, "log", (b"muse 1\n",))
    monkeypatch.setattr(union, "_INDEX", "union-1-1.sqlite")
    monkeypatch.setattr(checkpoints, "refuse_newer", lambda *_: None)  # what it did not have yet
    head, ref = git(jam, "rev-parse", "HEAD"), git(jam, "rev-parse", own(jam))
    assert main(["session", "commit", "jam"]) != 0
    assert "newer version of Muse" in capfd.readouterr().err
    assert (git(jam, "rev-parse", "HEAD"), git(jam, "rev-parse", own(jam))) == (head, ref)
    assert git(jam, "status", "--porcelain") == ""


def test_a_session_that_a_newer_muse_delivered_from_is_refused(
    jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str]
) -> None:
    theirs = f"refs/muse-remotes/origin/log/{'b' * 20}"
    git(jam, "update-ref", theirs, own(jam))
    as_format(jam, git, theirs, "muse 3\n")
    record(jam, added("more.txt", b"more\n"))
    head = git(jam, "rev-parse", "HEAD")
    assert main(["session", "commit", "jam"]) != 0
    said = capfd.readouterr().err
    assert f"{theirs} was written by a newer version" in said and f"git update-ref -d {theirs}" in said
    assert git(jam, "rev-parse", "HEAD") == head and not (jam / "more.txt").exists()
    assert main(["session", "start", "another"]) == 0
    OpLog(jam, "another").record("ada", "files", [changed("a.txt", b"a\n", b"b\n")])  # type: ignore[list-item]
    assert main(["session", "commit", "another"]) == 0, "it has no such session"
    assert git(jam, "show", "HEAD:a.txt") == "b"
    git(jam, "update-ref", "-d", theirs)
    assert main(["session", "commit", "jam"]) == 0
    assert git(jam, "show", "HEAD:more.txt") == "more"


def test_our_own_ref_of_a_newer_format_is_not_written_to(
    jam: Path, git: RunGit, capfd: pytest.CaptureFixture[str]
) -> None:
    tip = as_format(jam, git, own(jam), "muse 3\n")
    record(jam, added("more.txt", b"more\n"))
    head = git(jam, "rev-parse", "HEAD")
    assert main(["session", "commit", "jam"]) != 0
    assert "newer version of Muse" in capfd.readouterr().err
    assert (git(jam, "rev-parse", own(jam)), git(jam, "rev-parse", "HEAD")) == (tip, head)


def test_an_index_of_an_older_muse_hides_nothing(jam: Path, git: RunGit, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older one noted as unknown is read once a newer one looks."""
    monkeypatch.setitem(layout.FORMATS, "log", (b"muse 1\n",))
    monkeypatch.setattr(union, "_INDEX", "union-1-1.sqlite")
    assert checkpoints.sessions(Repository(jam)) == []
    monkeypatch.undo()
    assert checkpoints.sessions(Repository(jam)) == ["jam"]
