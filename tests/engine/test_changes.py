"""What changed between two trees, in the words of the domains."""

from __future__ import annotations

import os

import pytest

from muse.engine.history.changes import between, changes
from muse.engine.history.diff import MAX_BYTES, delta_between, describe, outline
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository
from muse.view.text import delta_lines

LOAD = "def load(path, mode):\n    with open(path, mode) as file:\n        return file.read()\n"
KEEP = "def keep():\n    return 2\n"


def told(root, old="HEAD~1", new="HEAD", **how):
    repo = Repository(root)
    found = between(repo, repo.tree_of(old), repo.tree_of(new))
    return describe(repo, found, plugin_for_path, **how)


def test_a_function_that_moved_to_another_file(make_repo, commit):
    root = make_repo("repo", {"a.py": f"{LOAD}\n\n{KEEP}", "b.py": KEEP})
    commit(root, {"a.py": KEEP, "b.py": f"{KEEP}\n\n{LOAD}"})
    lines = list(delta_lines(told(root)))
    assert lines[0].startswith("M  a.py: ") and lines[0].endswith("; load moved to b.py")
    assert lines[1] == "    - moved to b.py::load" and lines[3] == "    + moved from a.py::load"


def test_two_equal_functions_are_not_called_a_move(make_repo, commit):
    root = make_repo("repo", {"a.py": f"{LOAD}\n\n{KEEP}", "b.py": KEEP, "c.py": KEEP})
    commit(root, {"a.py": KEEP, "b.py": f"{KEEP}\n\n{LOAD}", "c.py": f"{KEEP}\n\n{LOAD}"})
    assert not any(" moved " in line for line in delta_lines(told(root)))


def test_modes_links_submodules_and_odd_names(make_repo, commit, git):
    odd = os.fsdecode(b"odd \xff%\n.txt")
    inner = make_repo("inner", {"i": "1\n"})
    root = make_repo("repo", {"run.sh": "x\n", "f.txt": "x\n", odd: "1\n"})
    (root / "run.sh").chmod(0o755)
    (root / "f.txt").unlink()
    (root / "f.txt").symlink_to("run.sh")
    git(root, "submodule", "--quiet", "add", str(inner), "sub")
    commit(root, {odd: "2\n"})
    ops = {op["address"]: op for op in told(root)["ops"]}
    assert ops["run.sh"]["new_summary"] == "mode of run.sh 100644 -> 100755"
    assert ops["sub"]["new_summary"] == f"submodule sub added at {git(inner, 'rev-parse', 'HEAD')[:12]}"
    assert ops["f.txt"]["op"] == "replace" and ops["odd %FF%\n.txt"]["op"] == "replace"
    assert len(list(delta_lines(told(root)))) == len(ops) == 5


@pytest.mark.parametrize("how", ["broken", "none", "late", "large"])
def test_without_its_domain_a_change_is_still_told(make_repo, commit, how):
    class Broken:
        name = "broken"

        def diff(self, base, target, *, repo_root=None):
            raise RuntimeError("no")

    text = "# x\n" * (MAX_BYTES // 4 + 1) if how == "large" else KEEP
    root = make_repo("repo", {"a.py": text})
    commit(root, {"a.py": text + LOAD})
    repo = Repository(root)
    found = between(repo, repo.tree_of("HEAD~1"), repo.tree_of("HEAD"))
    plugin = {"broken": lambda path: Broken(), "none": lambda path: None}.get(how, plugin_for_path)
    (op,) = describe(repo, found, plugin, seconds=0.0 if how == "late" else 10.0)["ops"]
    assert op["op"] == "replace" and op["old_content_id"] != op["new_content_id"] != ""


def test_an_outline_reads_nothing_and_a_stored_delta_is_believed(make_repo, commit):
    from muse.store.meta import deltas

    root = make_repo("repo", {"a.py": KEEP, "old.txt": "1\n2\n3\n"})
    (root / "old.txt").rename(root / "new.txt")
    commit(root, {"a.py": LOAD})
    repo = Repository(root)
    pair = repo.tree_of("HEAD~1"), repo.tree_of("HEAD")
    rows = [(op["op"], op["address"]) for op in outline(between(repo, *pair), "files")["ops"]]
    assert rows == [("replace", "a.py"), ("patch", "new.txt")]
    assert [op["op"] for op in delta_between(repo, *pair, plugin_for_path, most=0)["ops"]] == ["replace", "patch"]
    stored = describe(repo, between(repo, *pair), plugin_for_path)
    deltas.save(repo, *pair, stored)
    assert delta_between(repo, *pair, plugin_for_path, most=0) == stored


def test_the_work_tree_is_compared_as_git_compares_it(make_repo, monkeypatch):
    root = make_repo("repo", {"a.py": KEEP, "d/b.txt": "1\n"})
    (root / "a.py").write_text(LOAD)
    (root / "d" / "b.txt").unlink()
    monkeypatch.chdir(root / "d")
    repo = Repository(root)
    assert [(c.status, c.path) for c in changes(repo)] == [("M", b"a.py"), ("D", b"d/b.txt")]
    assert [(c.status, c.path) for c in changes(repo, "--", "b.txt")] == [("D", b"d/b.txt")]
    assert list(changes(repo, "--cached")) == []


def test_edits_are_told_from_the_trees_as_git_tells_them(make_repo, commit, git, monkeypatch):
    """Whatever happened, the quick way says what Git says, or leaves it to Git."""
    from muse.engine.history import changes as module

    names = ["a.txt", "lib/a.py", "lib/deep/b.py", "lib.py", "lib0/c.py", "z"]
    root = make_repo("repo", {name: f"{name}\n" for name in names})
    repo = Repository(root)
    before = repo.tree_of("HEAD")
    quick = []

    def check(expected):
        commit(root, {})
        tree = repo.tree_of("HEAD")
        found = module._edits(repo, before, tree)
        quick.append(found is not None)
        assert quick[-1] == expected
        with monkeypatch.context() as patch:
            patch.setattr(module, "_edits", lambda *args: None)
            told = between(repo, before, tree)
        assert told == between(repo, before, tree) and told
        assert found is None or found == told
        git(root, "reset", "-q", "--hard", "HEAD~1")

    for name in names:
        (root / name).write_text("new\n")
    check(True)
    (root / "z").chmod(0o755)
    check(True)
    (root / "lib/a.py").rename(root / "lib/r.py")
    check(False)
    (root / "lib/deep/new.py").write_text("x\n")
    check(False)
    (root / "z").unlink()
    (root / "z").symlink_to("a.txt")
    check(False)
    (root / "z").unlink()
    (root / "z").mkdir()
    (root / "z/z").write_text("x\n")
    check(False)
    assert between(repo, before, before) == []
    assert module._edits(repo, before, "0" * 40) is None
