"""`muse merge` beside `git merge` with the driver installed: two doors, one answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from muse.engine.git import git_version
from muse.engine.merge.git_trees import NEEDED

whole_merges = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
CODE = "import os\n\n\n" + "\n\n".join(f"def f{n}(a):\n    return a + {n}\n" for n in range(12))


@pytest.fixture
def twins(installed: Path, commit, git):
    """`twins(ours, theirs) -> (by_git, by_muse)`: two copies of one repository on main, with a branch `side`."""

    def make(ours, theirs, base=None):
        commit(installed, base or {}, "base")
        git(installed, "branch", "side")
        for branch, files in (("main", ours), ("side", theirs)):
            git(installed, "checkout", "-q", branch)
            for name in [name for name, data in files.items() if data is None]:
                git(installed, "rm", "-q", name)
            commit(installed, {name: data for name, data in files.items() if data is not None}, branch)
        git(installed, "checkout", "-q", "main")
        other = installed.parent / "other"
        shutil.copytree(installed, other, symlinks=True)
        return installed, other

    return make


def state(root, git):
    """What a merge leaves: index, work tree, and the files that say what is in progress.

    Git before 2.44 does not tell a driver that ours is HEAD, so that its marker says "ours".
    """
    names = git(root, "ls-files").splitlines()
    files = {
        name: (root / name).read_bytes().replace(b"<<<<<<< ours", b"<<<<<<< HEAD")
        for name in names
        if (root / name).is_file()
    }
    progress = {
        name: (root / ".git" / name).read_text()
        for name in ("MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "ORIG_HEAD")
        if (root / ".git" / name).exists()
    }
    return git(root, "ls-files", "-s"), git(root, "status", "--porcelain"), files, progress


def records(root):
    """The conflict records without what only names the door."""
    folder = root / ".git" / "muse" / "conflicts"
    found = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        record = json.loads(file.read_text())
        found[record["path"]] = ([c["address"] for c in record["conflicts"]], record["inputs"])
    return found


def test_clean_merges_of_many_kinds_are_one_tree(twins, run, git):
    old = CODE.replace("import os", "import re")
    base = {"m.py": CODE, "t.txt": "".join(f"{n}\n" for n in range(30)), "old.py": old}
    by_git, by_muse = twins(
        {
            "a.keys": "m=1\nours=1\n",
            "sub/b.bkeys": b"\0m=1\nours=1\n",
            "m.py": CODE.replace("a + 1\n", "a + 100\n"),
            "t.txt": "first\n" + base["t.txt"],
            "old.py": None,
            "new.py": old.replace("a + 2\n", "a - 2\n"),
        },
        {
            "a.keys": "m=1\ntheirs=1\n",
            "sub/b.bkeys": b"\0m=1\ntheirs=1\n",
            "m.py": CODE.replace("a + 9\n", "a * 9\n"),
            "t.txt": base["t.txt"] + "last\n",
            "old.py": old.replace("a + 11\n", "a * 11\n"),
        },
        base,
    )
    assert run(by_git, "git", "merge", "--no-edit", "side").returncode == 0
    done = run(by_muse, "muse", "merge", "--no-edit", "side")
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(by_git, "rev-parse", "HEAD^{tree}") == git(by_muse, "rev-parse", "HEAD^{tree}")
    assert git(by_git, "log", "-1", "--format=%P%n%B") == git(by_muse, "log", "-1", "--format=%P%n%B")
    assert (by_muse / "a.keys").read_text() == "m=1\nours=1\ntheirs=1\n"
    assert (by_muse / "sub" / "b.bkeys").read_bytes() == b"\0m=1\nours=1\ntheirs=1\n"
    assert "a - 2\n" in (by_muse / "new.py").read_text() and "a * 11\n" in (by_muse / "new.py").read_text()
    assert "a.keys: " in done.stderr
    if git_version() >= NEEDED:  # before, only the driver speaks, which knows nothing of the merge around it
        assert "muse review" in done.stderr


def test_conflicts_are_the_same_ones(twins, run, git):
    by_git, by_muse = twins(
        {"a.keys": "m=ours\nx=1\n", "sub/b.bkeys": b"\0m=ours\n", "m.py": CODE.replace("a + 1\n", "a + 100\n")},
        {"a.keys": "m=theirs\ny=1\n", "sub/b.bkeys": b"\0m=theirs\n", "m.py": CODE.replace("a + 1\n", "a * 1\n")},
        {"m.py": CODE},
    )
    assert run(by_git, "git", "merge", "--no-edit", "side").returncode == 1
    assert run(by_muse, "muse", "merge", "--no-edit", "side").returncode == 1
    assert state(by_git, git) == state(by_muse, git)
    assert records(by_git) == records(by_muse) and set(records(by_muse)) == {"a.keys", "m.py", "sub/b.bkeys"}
    for root in (by_git, by_muse):
        assert run(root, "muse", "resolve", "a.keys", "--pick", "m=theirs").returncode == 0
        assert run(root, "muse", "resolve", "--ours", "sub/b.bkeys", "m.py").returncode == 0
        assert run(root, "muse", "merge", "--continue").returncode == 0
    assert git(by_git, "rev-parse", "HEAD^{tree}") == git(by_muse, "rev-parse", "HEAD^{tree}")
    assert (by_muse / "a.keys").read_text() == "m=theirs\nx=1\ny=1\n"


def test_a_linked_worktree_and_a_subfolder(twins, run, git):
    by_git, by_muse = twins({"a.keys": "m=1\nours=1\n"}, {"a.keys": "m=1\ntheirs=1\n"})
    for root in (by_git, by_muse):
        git(root, "worktree", "add", "-q", "-b", "linked", str(root.parent / f"{root.name}-linked"), "main")
    linked = [root.parent / f"{root.name}-linked" for root in (by_git, by_muse)]
    assert run(linked[0] / "sub", "git", "merge", "--no-edit", "side").returncode == 0
    assert run(linked[1] / "sub", "muse", "merge", "--no-edit", "side").returncode == 0
    assert git(linked[0], "rev-parse", "HEAD^{tree}") == git(linked[1], "rev-parse", "HEAD^{tree}")
    assert git(linked[1], "status", "--porcelain") == "" and git(by_muse, "log", "-1", "--format=%s", "main") == "main"


@whole_merges
def test_a_server_can_merge_and_git_can_push_it(twins, run, git):
    _, root = twins({"a.keys": "m=1\nours=1\n"}, {"a.keys": "m=1\ntheirs=1\n"})
    bare = root.parent / "server.git"
    git(root.parent, "clone", "-q", "--bare", str(root), str(bare))
    done = run(bare, "muse", "merge-tree", "main", "side")
    assert done.returncode == 0 and done.stderr == ""
    tree = done.stdout.strip()
    assert git(bare, "cat-file", "-p", f"{tree}:a.keys") == "m=1\nours=1\ntheirs=1"
    made = git(bare, "commit-tree", tree, "-p", "main", "-p", "side", "-m", "Merged on the server")
    git(bare, "update-ref", "refs/heads/main", made)
    assert git(bare, "fsck", "--strict", "--no-dangling") == ""
    git(root, "pull", "-q", "--ff-only", str(bare), "main")
    assert (root / "a.keys").read_text() == "m=1\nours=1\ntheirs=1\n"
