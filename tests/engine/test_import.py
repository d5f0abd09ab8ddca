"""`muse import` of folders written here as the public Muse's documentation lays them out."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from tests.conftest import MakeRepo, RunGit


class Public:
    """A repository of the public Muse, written by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.muse = folder, folder / ".muse"
        self.count = 0
        self.write("HEAD", "ref: refs/heads/main\n")
        self.write("repo.json", json.dumps({"repo_id": "r", "schema_version": "0.1.5", "domain": "code"}))

    def write(self, name: str, data: str | bytes) -> Path:
        path = self.muse / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def content(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self.write(f"objects/{name[:2]}/{name[2:]}", data)
        return name

    def commit(self, files: dict[str, bytes], message: str, *parents: str, branch: str = "main", **more: Any) -> str:
        self.count += 1
        snapshot = hashlib.sha256(f"s{self.count}".encode()).hexdigest()
        manifest = {path: self.content(data) for path, data in files.items()}
        self.write(f"snapshots/{snapshot}.json", json.dumps({"snapshot_id": snapshot, "manifest": manifest}))
        name = hashlib.sha256(f"c{self.count}".encode()).hexdigest()
        first, second, *_ = (*parents, None, None)
        row = {
            "commit_id": name,
            "parent_commit_id": first,
            "parent2_commit_id": second,
            "snapshot_id": snapshot,
            "message": message,
            "author": "gabriel",
            "committed_at": f"2026-03-16T12:00:{self.count:02}.250000+02:00",
            "metadata": {},
            **more,
        }
        self.write(f"commits/{name}.json", json.dumps(row))
        self.write(f"refs/heads/{branch}", name)
        return name

    def label(self, kind: str, name: str, commit: str, **more: Any) -> None:
        self.count += 1
        row = {"tag": name, "commit_id": commit, "created_at": f"2026-03-17T00:00:{self.count:02}+00:00", **more}
        self.write(f"{kind}/r/{self.count}.json", json.dumps(row))


@pytest.fixture
def song(tmp_path: Path) -> Public:
    """Two branches, a merge, an agent, a file that becomes a folder, names Git cannot have."""
    made = Public(tmp_path / "song")
    one = made.commit({"a.py": b"1\n", "x": b"file\n", 'q"ä\n\\.txt': b"odd\n"}, "First: äöü")
    two = made.commit(
        {"a.py": b"2\n", "x/y": b"below\n"},
        "Topic\n\nbody",
        one,
        branch="feat/topic",
        author="",
        agent_id="counterpoint",
        model_id="m-1",
    )
    three = made.commit({"a.py": b"1\n", "x": b"file\n", "b.bin": bytes(range(256))}, "Main", one)
    four = made.commit({"a.py": b"2\n", "x/y": b"below\n", "b.bin": bytes(range(256))}, "Merge", three, two)
    made.label("tags", "emotion:joyful", one)
    made.label("tags", "emotion:joyful", four)
    made.label("releases", "v1.0.0", four, title="One", body="All of it.", is_draft=False)
    made.label("releases", "v2.0.0", four, title="Two", body="", is_draft=True)
    return made


def run(capfd: pytest.CaptureFixture[str], *words: object, code: int = 0) -> tuple[str, str]:
    capfd.readouterr()
    assert main(["import", *map(str, words)]) == code, capfd.readouterr()
    return capfd.readouterr()


def test_everything_is_there(song: Public, git: RunGit, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in song.muse.rglob("*") if path.is_file()}
    new = tmp_path / "new"
    out, err = run(capfd, song.folder, new)
    assert out == "" and "4 commits, 2 branches and 3 tags" in err and "emotion:joyful is emotion-joyful here" in err
    assert git(new, "fsck", "--strict", "--no-progress") == "" == git(new, "status", "--porcelain")
    rows = git(new, "log", "--date-order", "--reverse", "--format=%s|%an <%ae>|%cn|%ad|%p", "--date=iso").splitlines()
    shape = [row.rsplit("|", 1) for row in rows]
    assert [row[0] for row in shape] == [
        "First: äöü|gabriel <>|gabriel|2026-03-16 12:00:01 +0200",
        "Topic|counterpoint (m-1) <>|counterpoint (m-1)|2026-03-16 12:00:02 +0200",
        "Main|gabriel <>|gabriel|2026-03-16 12:00:03 +0200",
        "Merge|gabriel <>|gabriel|2026-03-16 12:00:04 +0200",
    ]
    assert [len(row[1].split()) for row in shape] == [0, 1, 1, 2]
    assert (
        git(new, "log", "-1", "--format=%B", "feat/topic").rstrip() == "Topic\n\nbody\n\nMuse-Agent: counterpoint (m-1)"
    )
    assert git(new, "rev-parse", "HEAD^2") == git(new, "rev-parse", "feat/topic")
    assert git(new, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert (new / "b.bin").read_bytes() == bytes(range(256)) and (new / "x" / "y").read_bytes() == b"below\n"
    assert not (new / 'q"ä\n\\.txt').exists()
    shown = subprocess.check_output(["git", "show", 'HEAD~2:q"ä\n\\.txt'], cwd=new)
    assert shown == b"odd\n"
    root = git(new, "rev-list", "--max-parents=0", "HEAD")
    tags = git(new, "tag").splitlines()
    assert tags[0] == "emotion-joyful" and tags[1].startswith("emotion-joyful-") and tags[2:] == ["v1.0.0"]
    assert git(new, "rev-parse", "emotion-joyful") == root and git(new, "rev-parse", tags[1]) == git(
        new, "rev-parse", "HEAD"
    )
    assert git(new, "cat-file", "-t", "v1.0.0") == "tag" and git(new, "cat-file", "tag", "v1.0.0").endswith(
        "One\n\nAll of it."
    )
    assert git(new, "for-each-ref", "refs/muse-import") == "" and not list((new / ".git").glob("fast_import_crash*"))
    assert {path: path.read_bytes() for path in song.muse.rglob("*") if path.is_file()} == before


def test_a_new_repository_is_no_other_one(
    song: Public, make_repo: MakeRepo, git: RunGit, tmp_path: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As for `git clone`, GIT_DIR in the environment is somebody else's."""
    other = make_repo("other", files={"mine.txt": "1\n"})
    before = git(other, "for-each-ref"), git(other, "status", "--porcelain"), (other / ".git" / "config").read_bytes()
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    run(capfd, song.folder, tmp_path / "new")
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    assert git(tmp_path / "new", "log", "-1", "--format=%s") == "Merge"
    assert git(tmp_path / "new", "config", "merge.muse.name")
    after = git(other, "for-each-ref"), git(other, "status", "--porcelain"), (other / ".git" / "config").read_bytes()
    assert after == before


def test_where_it_is_and_once_more(
    song: Public, git: RunGit, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (song.folder / "a.py").write_bytes(b"work in progress\n")
    git(song.folder, "init", "-q", "-b", "trunk")
    monkeypatch.chdir(song.folder)
    first = json.loads(run(capfd, ".", "--json")[0])
    assert git(song.folder, "status", "--porcelain") == " M a.py\n D b.bin\n D x/y", "no file was touched"
    assert (song.folder / "a.py").read_bytes() == b"work in progress\n"
    assert first["branches"] == {"main": "main", "feat/topic": "feat/topic"}
    assert first["commits"].keys() == {path.stem for path in (song.muse / "commits").iterdir()}
    refs = git(song.folder, "for-each-ref")
    assert json.loads(run(capfd, ".", "--json")[0]) == first and git(song.folder, "for-each-ref") == refs
    tip = song.commit({"a.py": b"3\n"}, "More", (song.muse / "refs/heads/feat/topic").read_text(), branch="feat/topic")
    song.commit({"a.py": b"3\n"}, "More", (song.muse / "refs/heads/main").read_text())
    err = run(capfd, ".", code=128)[1]
    assert "main is checked out" in err and "nothing was moved" in err and git(song.folder, "for-each-ref") == refs
    git(song.folder, "switch", "-q", "--detach")
    again = json.loads(run(capfd, ".", "--json")[0])
    assert git(song.folder, "rev-parse", "feat/topic") == again["commits"][tip]
    assert git(song.folder, "log", "-1", "--format=%s", "main") == "More"


def test_what_is_here_is_not_moved(
    song: Public, make_repo: MakeRepo, git: RunGit, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repo("mine", files={"mine.txt": "1\n"})
    monkeypatch.chdir(root)
    refs = git(root, "for-each-ref")
    err = run(capfd, song.folder, code=128)[1]
    assert "main is something else here" in err and git(root, "for-each-ref") == refs
    run(capfd, song.folder, "--prefix", "old/")
    names = git(root, "for-each-ref", "--format=%(refname)").splitlines()
    assert names[:3] == ["refs/heads/main", "refs/heads/old/feat/topic", "refs/heads/old/main"]
    assert "refs/tags/old/v1.0.0" in names
    assert git(root, "rev-parse", "main") in refs and git(root, "status", "--porcelain") == ""


def test_authors(song: Public, git: RunGit, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    song.commit({}, "Evil", (song.muse / "refs/heads/main").read_text(), author="Eve\n<e@x>\ncommitter Root <r>")
    (tmp_path / "who").write_text("# people\ngabriel = Gabriel C <g@example.org>\n")
    run(capfd, song.folder, tmp_path / "new", "--authors", tmp_path / "who")
    assert git(tmp_path / "new", "log", "-1", "--format=%an <%ae>", "HEAD^") == "Gabriel C <g@example.org>"
    assert git(tmp_path / "new", "log", "-1", "--format=%an|%ae|%cn") == "Evee@xcommitter Root|r|Evee@xcommitter Root"
    (tmp_path / "who").write_text("gabriel\n")
    assert (
        "is not: author = Name <address>"
        in run(capfd, song.folder, tmp_path / "n2", "--authors", tmp_path / "who", code=129)[1]
    )
    assert not (tmp_path / "n2").exists()


def first(folder: Path, pattern: str) -> Path:
    return sorted(folder.glob(pattern))[0]


def edit(path: Path, **change: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


BAD = {
    "object cut": (lambda s: first(s.muse, "objects/*/*").write_bytes(b"x"), "is damaged: its SHA-256 is another"),
    "object gone": (lambda s: first(s.muse, "objects/*/*").unlink(), "cannot be read: No such file"),
    "object a pipe": (lambda s: as_pipe(first(s.muse, "objects/*/*")), "cannot be read: it is no regular file"),
    "link out": (lambda s: (s.muse / "HEAD").unlink() or (s.muse / "HEAD").symlink_to("/etc/passwd"), "cannot be read"),
    "commit gone": (lambda s: first(s.muse, "commits/*").unlink(), "cannot be read: No such file"),
    "commit no JSON": (lambda s: first(s.muse, "commits/*").write_text("[" * 100_000), "it is no JSON object"),
    "commit of another name": (lambda s: edit(first(s.muse, "commits/*"), commit_id="0" * 64), "is not the id"),
    "parent outside": (
        lambda s: edit(first(s.muse, "commits/*"), parent_commit_id="../../x"),
        "is not the id of a parent",
    ),
    "own ancestor": (
        lambda s: [edit(path, parent_commit_id=path.stem) for path in s.muse.glob("commits/*")],
        "own ancestor",
    ),
    "no time": (lambda s: edit(first(s.muse, "commits/*"), committed_at="soon"), "is no time"),
    "path outside": (lambda s: s.commit({"../x": b""}, "m"), "Git does not allow the path"),
    "path of Git": (lambda s: s.commit({"a/.GIT/hooks/x": b""}, "m"), "Git does not allow the path"),
    "file and folder": (lambda s: s.commit({"a": b"", "a/b": b""}, "m"), "lies below a file"),
    "branch no id": (lambda s: s.write("refs/heads/main", "main"), "is not the id of a branch"),
}


@pytest.mark.parametrize("how", BAD)
def test_what_is_damaged_is_told_and_nothing_is_left(
    song: Public, git: RunGit, make_repo: MakeRepo, tmp_path: Path, how: str,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    BAD[how][0](song)
    err = run(capfd, song.folder, tmp_path / "new", code=128)[1]
    assert BAD[how][1] in err and "Traceback" not in err
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty").mkdir()
    assert BAD[how][1] in run(capfd, song.folder, tmp_path / "empty", code=128)[1]
    assert list((tmp_path / "empty").iterdir()) == []
    root = make_repo("mine", files={"mine.txt": "1\n"})
    monkeypatch.chdir(root)
    refs = git(root, "for-each-ref")
    assert BAD[how][1] in run(capfd, song.folder, "--prefix", "o/", code=128)[1]
    assert git(root, "for-each-ref") == refs and not list((root / ".git").glob("fast_import_crash*"))


def test_a_clone_of_one_says_what_to_type(song: Public, git_env: dict[str, str], tmp_path: Path) -> None:
    env = {**git_env, "PATH": f"{Path(sys.executable).parent}:{git_env['PATH']}"}
    done = subprocess.run(
        ["git", "clone", f"muse::{song.folder}", "c"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode != 0 and f"muse import {song.folder} FOLDER" in done.stderr
