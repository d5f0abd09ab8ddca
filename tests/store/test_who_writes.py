"""Who writes which object: after each command, all that is new in the repository was written by dulwich or by Git.

The trace lies in every Python that a command starts; what is new and not in it is Git's, and the test says what that
may be. So a path that goes around dulwich is found, and so is one that writes what nobody asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from dulwich.object_store import DiskObjectStore

from muse.core.types import blob_digest
from muse.store.objects import disk

HOOK = """
import os
import dulwich.object_store
from muse.store.objects import disk
real = disk.DiskStore.add_objects
def call(self, objects, progress=None):
    made = real(self, objects, progress)
    with open(os.environ["TRACE_TO"], "a") as file:
        for each, _ in objects:
            file.write(each.get_id(self.object_format).decode() + "\\n")
    return made
disk.DiskStore.add_objects = call
"""

Traced = Callable[..., tuple[Counter[str], Counter[str]]]


def everything(root: Path) -> dict[str, str]:
    """Name -> kind of all objects of a repository, however they are kept."""
    done = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch-check", "--unordered"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {row.split()[0]: row.split()[1] for row in done.stdout.splitlines()}


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Traced:
    """`traced(root, verb, ...)`: how many new objects of each kind dulwich wrote, and Git."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    trace = tmp_path / "trace"
    monkeypatch.setenv("TRACE_TO", str(trace))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'hook'}{os.pathsep}{os.environ['PYTHONPATH']}")

    def call(
        root: Path, *words: str, text: str = "", codes: tuple[int, ...] = (0,)
    ) -> tuple[Counter[str], Counter[str]]:
        before = everything(root)
        trace.write_text("")
        done = subprocess.run(
            [sys.executable, "-m", "muse.cli", *words],
            cwd=root,
            capture_output=True,
            text=True,
            input=text,
            check=False,
        )
        assert done.returncode in codes, done.stderr
        new = {name: kind for name, kind in everything(root).items() if name not in before}
        ours = set(trace.read_text().split())
        return (
            Counter(kind for name, kind in new.items() if name in ours),
            Counter(kind for name, kind in new.items() if name not in ours),
        )

    return call


@pytest.fixture(params=[False, True], ids=["sha1", "sha256"])
def root(request: pytest.FixtureRequest, make_repo: Callable[..., Path]) -> Path:
    base = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
    made: Path = make_repo(files={"a.py": base, "both.py": base}, sha256=request.param)
    return made


def fork(root: Path, git: Callable[..., str], commit: Callable[..., str]) -> None:
    """Both sides edit neighbouring lines, which Git's text merge cannot do."""
    text = (root / "both.py").read_text()
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {"both.py": text + "\n\ndef theirs():\n    return 3\n"}, "theirs")
    git(root, "switch", "-q", "main")
    commit(root, {"both.py": text + "\n\ndef ours():\n    return 4\n"}, "ours")


def test_the_store_is_dulwichs_own() -> None:
    assert issubclass(disk.DiskStore, DiskObjectStore) and disk.DiskStore.add_object is not DiskObjectStore.add_object


def test_a_small_commit_is_gits_and_its_delta_dulwichs(root: Path, traced: Traced) -> None:
    (root / "a.py").write_text("def a():\n    return 5\n")
    ours, gits = traced(root, "commit", "-m", "two")
    assert gits == {"blob": 1, "tree": 1, "commit": 1}
    assert ours["commit"] == 1 and ours["tree"] >= 3 and ours["blob"] >= 2


def test_a_large_commit_is_dulwichs_as_one_pack(root: Path, traced: Traced, git: Callable[..., str]) -> None:
    for n in range(disk.LOOSE_LIMIT * 2 + 50):
        (root / f"new{n}.txt").write_text(f"{n}\n")
    ours, gits = traced(root, "commit", "-m", "many")
    assert not gits and ours["commit"] == 2 and ours["blob"] >= disk.LOOSE_LIMIT * 2 + 50
    assert git(root, "count-objects", "-v").splitlines()[3] == "packs: 1"
    assert git(root, "log", "-1", "--format=%s %an") == "many Ada Tester" and not git(root, "status", "--porcelain")
    assert git(root, "fsck", "--strict", "--no-dangling") == ""


def test_a_session_is_dulwichs_but_for_its_commit(root: Path, traced: Traced, git: Callable[..., str]) -> None:
    traced(root, "session", "start", "s")
    op = json.dumps({"op": {"op": "insert", "address": "b.py", "position": None, "content_summary": "b",
                            "content_id": blob_digest(b"y = 1\n"), "content": "y = 1\n"}})  # fmt: skip
    assert traced(root, "session", "append", "s", text=op) == ({}, {})
    ours, gits = traced(root, "session", "commit", "s", "-m", "three")
    assert gits == {"commit": 1}, "hooks and signing are Git's"
    assert ours["blob"] >= 3 and ours["tree"] >= 3 and ours["commit"] >= 1  # the snapshot, the checkpoint, the delta
    assert git(root, "for-each-ref", "--format=%(refname)", "refs/muse/log/")
    assert git(root, "fsck", "--strict", "--no-dangling") == ""


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_merges_contents_are_dulwichs(
    root: Path, traced: Traced, git: Callable[..., str], commit: Callable[..., str]
) -> None:
    fork(root, git, commit)
    ours, gits = traced(root, "merge", "topic")
    merged = git(root, "rev-parse", "HEAD:both.py")
    assert (root / "both.py").read_text().count("def ") == 4 and not git(root, "status", "--porcelain")
    assert ours["blob"] >= 1 and ours["tree"] >= 1 and gits["commit"] == 1, (ours, gits)
    assert git(root, "cat-file", "-t", merged) == "blob"


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_join_of_two_branches_is_dulwichs_to_the_commit(
    root: Path, traced: Traced, git: Callable[..., str], commit: Callable[..., str], tmp_path: Path
) -> None:
    commit(root, {".museattributes": '[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "join"\n'}, "rules")
    server, other = tmp_path / "server.git", tmp_path / "other"
    git(root, "clone", "-q", "--bare", str(root), str(server))
    git(root, "remote", "add", "origin", str(server))
    git(root, "clone", "-q", str(server), str(other))
    text = (root / "a.py").read_text()
    commit(other, {"a.py": text.replace("return 2", "return 20")}, "theirs")
    git(other, "push", "-q", "origin", "main")
    git(root, "fetch", "-q", "origin")
    git(root, "branch", "-q", "--set-upstream-to=origin/main")
    commit(root, {"a.py": text.replace("return 1", "return 10")}, "ours")
    ours, gits = traced(root, "sync")
    assert (root / "a.py").read_text().split()[3::4][:1] == ["10"] and "return 20" in (root / "a.py").read_text()
    assert ours["commit"] >= 1 and ours["blob"] >= 1 and "commit" not in gits, (ours, gits)
    assert len(git(root, "rev-list", "--parents", "-1", "HEAD").split()) == 3
    assert git(root, "fsck", "--strict", "--no-dangling") == ""


def test_taking_in_other_writers_is_dulwichs(
    root: Path, traced: Traced, git: Callable[..., str], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git(root, "clone", "-q", str(root), str(other))
    (other / "a.py").write_text("def a():\n    return 6\n")
    traced(other, "commit", "-m", "elsewhere")
    (root / "a.py").write_text("def a():\n    return 7\n")
    traced(root, "commit", "-m", "here")
    git(root, "fetch", "-q", str(other), "refs/muse/*:refs/muse-remotes/other/*")
    ours, gits = traced(root, "gc", "--retired-after", "0")
    assert ours["commit"] >= 1 and ours["tree"] >= 1 and not gits, (ours, gits)
