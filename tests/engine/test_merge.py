"""Whole merges with real Git: what is decided, and what a work tree holds afterwards."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from muse.core.errors import MuseError
from muse.domain import ConflictRecord, FileMerge
from muse.engine.history.ancestry import find_merge_base, merge_bases
from muse.engine.merge.whole_tree import WholeMerge, merge_commits
from muse.engine.merge.worktree import apply, left_to_git, refuse_overwriting
from muse.plugins.files import FilesPlugin
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")


def lines(count: int, **changed: str) -> str:
    """A text of numbered lines, some of them replaced (`l3="x"`)."""
    return "".join(changed.get(f"l{n}", f"line {n}") + "\n" for n in range(1, count + 1))


@pytest.fixture
def fork(make_repo, commit, git):
    """`fork(base, ours, theirs) -> Path`: a repository on main with a branch `side`; None as text deletes a file."""

    def make(base, ours, theirs, name="repo"):
        root = make_repo(name, base)
        git(root, "branch", "side")
        for branch, files in (("main", ours), ("side", theirs)):
            git(root, "checkout", "-q", branch)
            for path in [path for path, data in files.items() if data is None]:
                git(root, "rm", "-q", path)
            commit(root, {path: data for path, data in files.items() if data is not None}, branch)
        git(root, "checkout", "-q", "main")
        return root

    return make


def decide(root: Path, theirs: str = "side") -> WholeMerge:
    return merge_commits(Repository(root), "HEAD", theirs, plugin_for_path, theirs_label=theirs)


def merge(root: Path, theirs: str = "side", *flags: str) -> int:
    """The engine's half of `muse merge`, with Git's streams kept away from the test's."""
    repo = Repository(root)
    assert not left_to_git(repo, [theirs], no_ff="--no-ff" in flags)
    merged = merge_commits(repo, "HEAD", theirs, plugin_for_path, theirs_label=theirs)
    refuse_overwriting(repo, merged)
    import os

    before = os.getcwd()
    os.chdir(root)
    try:
        return apply(repo, merged, theirs, ["--no-edit", *flags])
    finally:
        os.chdir(before)


def test_disjoint_edits_give_the_tree_git_gives(fork, git):
    root = fork(
        {"a.txt": lines(20), "b.txt": lines(20), "c.bin": b"\0one"},
        {"a.txt": lines(20, l2="ours"), "new-ours.txt": "1\n"},
        {"a.txt": lines(20, l18="theirs"), "b.txt": None, "c.bin": b"\0two"},
    )
    merged = decide(root)
    assert merged.clean
    assert merged.tree == git(root, "merge-tree", "--write-tree", "main", "side")
    assert [d.path for d in merged.decisions] == []  # plain text that Git merged cleanly is Git's


def test_a_clean_merge_is_committed_as_git_commits_it(fork, git):
    root = fork({"a.txt": lines(9)}, {"a.txt": lines(9, l1="x")}, {"a.txt": lines(9, l9="y")})
    twin = root.parent / "twin"
    git(root.parent, "clone", "-q", str(root), str(twin))
    git(twin, "merge", "-q", "--no-edit", "origin/side")
    assert merge(root) == 0
    assert git(root, "rev-parse", "HEAD^{tree}") == git(twin, "rev-parse", "HEAD^{tree}")
    assert (
        git(root, "log", "-1", "--format=%P %s")
        == f"{git(root, 'rev-parse', 'HEAD^1')} " + f"{git(root, 'rev-parse', 'side')} Merge branch 'side'"
    )
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "rev-parse", "ORIG_HEAD") == git(root, "rev-parse", "HEAD^1")
    assert git(root, "reflog", "-1", "--format=%gs") == "merge side: Merge made by the 'muse' strategy."


def test_a_conflict_leaves_what_git_merge_leaves(fork, git):
    files = ({"a.txt": lines(9)}, {"a.txt": lines(9, l5="x")}, {"a.txt": lines(9, l5="y")})
    root, twin = fork(*files), fork(*files, name="twin")
    assert merge(root) == 1
    git(twin, "merge", "side", check=False)
    for command in (("status", "--porcelain"), ("ls-files", "-s"), ("diff",)):
        assert git(root, *command) == git(twin, *command)
    for name in ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "ORIG_HEAD"):
        mine, other = ((repo / ".git" / name).read_text() for repo in (root, twin))
        assert mine == other, name
    assert (root / "a.txt").read_text() == (twin / "a.txt").read_text()
    assert "<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> side\n" in (root / "a.txt").read_text()
    git(root, "merge", "--abort")
    assert git(root, "status", "--porcelain") == "" and (root / "a.txt").read_text() == lines(9, l5="x")


@pytest.mark.parametrize(
    "case", ["modify/delete", "rename", "rename/rename", "file/directory", "mode", "symlink", "add/add"]
)
def test_what_is_about_trees_is_gits(case, fork, git, commit):
    base = {"a.txt": lines(30), "d/x.txt": lines(5), "d/y.txt": lines(6)}
    changes = {
        "modify/delete": ({"a.txt": None}, {"a.txt": lines(30, l3="y")}),
        "rename": ({"a.txt": None, "moved.txt": lines(30, l1="x")}, {"a.txt": lines(30, l29="y")}),
        "rename/rename": ({"a.txt": None, "b.txt": lines(30)}, {"a.txt": None, "c.txt": lines(30)}),
        "file/directory": ({"n": "file\n"}, {"n/inside": "folder\n"}),
        "mode": ({}, {"a.txt": lines(30, l3="y")}),
        "symlink": ({}, {"a.txt": lines(30, l3="y")}),
        "add/add": ({"n.txt": "one\ntwo\n"}, {"n.txt": "one\nthree\n"}),
    }[case]
    roots = [fork(base, *changes, name=name) for name in ("repo", "twin")]
    for root in roots:
        if case == "mode":
            (root / "a.txt").chmod(0o755)
            commit(root)
        if case == "symlink":
            (root / "a.txt").unlink()
            (root / "a.txt").symlink_to("d/x.txt")
            commit(root)
    root, twin = roots
    done = subprocess.run(["git", "merge", "--no-edit", "side"], cwd=twin, capture_output=True, check=False)
    assert merge(root) == done.returncode
    assert git(root, "ls-files", "-s") == git(twin, "ls-files", "-s")
    assert git(root, "status", "--porcelain") == git(twin, "status", "--porcelain")
    assert git(root, "ls-files") == git(twin, "ls-files")
    for name in git(twin, "ls-files").splitlines():
        assert (root / name).is_file() == (twin / name).is_file(), name
        if (twin / name).is_file():
            assert (root / name).read_bytes() == (twin / name).read_bytes()


def test_local_work_is_never_overwritten(fork, git):
    theirs = {"a.txt": lines(9, l9="y"), "new.txt": "theirs\n"}
    root = fork({"a.txt": lines(9), "b.txt": "b\n"}, {"b.txt": "bb\n"}, theirs)
    (root / "a.txt").write_text("my work\n")
    with pytest.raises(MuseError, match=r"would overwrite your work.*a\.txt"):
        merge(root)
    assert (root / "a.txt").read_text() == "my work\n" and not (root / ".git" / "MERGE_HEAD").exists()
    git(root, "checkout", "-q", "a.txt")
    (root / "new.txt").write_text("untracked\n")
    with pytest.raises(MuseError, match=r"new\.txt"):
        merge(root)
    assert (root / "new.txt").read_text() == "untracked\n"
    (root / "new.txt").unlink()
    (root / "b.txt").write_text("staged\n")
    git(root, "add", "b.txt")
    with pytest.raises(MuseError, match="not committed"):
        merge(root)
    git(root, "reset", "-q", "--hard")
    (root / "b.txt").write_text("unrelated work\n")
    assert merge(root) == 0
    assert (root / "b.txt").read_text() == "unrelated work\n" and git(root, "status", "--porcelain") == " M b.txt"


class Suspicious(FilesPlugin):
    """A domain that finds fault with whatever Git merges cleanly."""

    name = "suspicious"

    def merge_file(self, path, base, ours, theirs):
        merged = super().merge_file(path, base, ours, theirs)
        record = ConflictRecord(path=path, conflict_type="duplicate", address="new")
        return FileMerge(b"<<<<<<< HEAD\n" + merged.content, [record])


def test_a_domain_may_object_to_a_merge_that_git_calls_clean(fork, git, monkeypatch):
    root = fork({"m.py": lines(9)}, {"m.py": lines(9, l1="x")}, {"m.py": lines(9, l9="y")})
    monkeypatch.setitem(globals(), "plugin_for_path", lambda path: Suspicious())
    merged = decide(root)
    assert merged.git.tree == git(root, "merge-tree", "--write-tree", "main", "side")
    assert not merged.clean and list(merged.stages) == [b"m.py"]
    assert merge(root) == 1
    assert git(root, "status", "--porcelain") == "UU m.py"
    assert (root / "m.py").read_text() == "<<<<<<< HEAD\n" + lines(9, l1="x", l9="y")
    assert sorted(git(root, "ls-files", "-u").split()[2::4]) == ["1", "2", "3"]


def test_attributes_other_than_ours_are_obeyed(fork, git):
    base = {".gitattributes": "*.txt -merge\n", "a.txt": lines(9)}
    root = fork(base, {"a.txt": lines(9, l1="x")}, {"a.txt": lines(9, l9="y")})
    merged = decide(root)
    assert not merged.clean and merged.decisions == []
    assert git(root, "cat-file", "-p", f"{merged.tree}:a.txt") + "\n" == lines(9, l1="x")


def test_our_driver_is_not_run_by_the_engine(fork, git):
    base = {".gitattributes": "*.txt merge=muse\n", "a.txt": lines(9)}
    root = fork(base, {"a.txt": lines(9, l1="x")}, {"a.txt": lines(9, l9="y")})
    git(root, "config", "merge.muse.driver", "touch ../driver-ran; exit 1")
    merged = decide(root)
    assert merged.clean and not (root.parent / "driver-ran").exists()
    assert git(root, "cat-file", "-p", f"{merged.tree}:a.txt") + "\n" == lines(9, l1="x", l9="y")


def test_whole_file_rules_come_first(fork, git):
    rule = '[[rules]]\npath = "gen/*"\ndimension = "*"\nstrategy = "theirs"\n'
    root = fork(
        {".museattributes": rule, "gen/a.txt": lines(9), "gen/b.txt": lines(9), "c.txt": lines(9)},
        {"gen/a.txt": lines(9, l1="x"), "gen/b.txt": lines(9, l5="x")},
        {"gen/a.txt": lines(9, l9="y"), "gen/b.txt": lines(9, l5="y")},
    )
    merged = decide(root)
    assert merged.clean
    assert git(root, "cat-file", "-p", f"{merged.tree}:gen/a.txt") + "\n" == lines(9, l9="y")
    assert git(root, "cat-file", "-p", f"{merged.tree}:gen/b.txt") + "\n" == lines(9, l5="y")


RULES = "".join(f'[[rules]]\npath = "{side}/*"\ndimension = "*"\nstrategy = "{side}"\n' for side in ("ours", "theirs"))


def test_a_rule_settles_a_deletion_against_an_edit(fork, git):
    names = [f"{rule}/{case}" for rule in ("ours", "theirs", "none") for case in ("we-drop", "they-drop")]
    base = {".museattributes": RULES, **{name: lines(9) for name in names}}
    edited = lines(9, l3="edited")
    root = fork(
        base,
        {name: None if name.endswith("we-drop") else edited for name in names},
        {name: edited if name.endswith("we-drop") else None for name in names},
    )
    merged = decide(root)
    assert sorted(merged.stages) == [b"none/they-drop", b"none/we-drop"]
    kept = set(git(root, "ls-tree", "-r", "--name-only", merged.tree).splitlines()) - {".museattributes"}
    assert kept == {"ours/they-drop", "theirs/we-drop", "none/they-drop", "none/we-drop"}
    assert git(root, "cat-file", "-p", f"{merged.tree}:theirs/we-drop") + "\n" == edited
    assert [m.paths for m in merged.messages if m.kind.startswith("CONFLICT")] == [
        (b"none/they-drop",),
        (b"none/we-drop",),
    ]


def test_a_deletion_that_a_rule_settles_keeps_the_mode_and_needs_no_plugin(make_repo, commit, git):
    root = make_repo("repo", {".museattributes": RULES, "theirs/run.py": lines(9)})
    (root / "theirs" / "run.py").chmod(0o755)
    commit(root)
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"theirs/run.py": lines(9, l3="edited")})
    git(root, "checkout", "-q", "main")
    git(root, "rm", "-q", "theirs/run.py")
    git(root, "commit", "-qm", "drop")

    def broken(path):
        raise MuseError("no plugin")

    merged = merge_commits(Repository(root), "HEAD", "side", broken, theirs_label="side")
    assert merged.clean and git(root, "ls-tree", "-r", merged.tree, "theirs").startswith("100755 blob ")


def test_a_criss_cross_history_merges_as_git_merges_it(make_repo, commit, git):
    root = make_repo("repo", {"a.py": lines(30), "b.txt": lines(30)})
    git(root, "branch", "side")
    commit(root, {"a.py": lines(30, l2="ours"), "b.txt": lines(30, l2="ours")})
    git(root, "checkout", "-q", "side")
    commit(root, {"a.py": lines(30, l28="theirs"), "b.txt": lines(30, l28="theirs")})
    one, two = git(root, "rev-parse", "main"), git(root, "rev-parse", "side")
    git(root, "merge", "-q", "--no-edit", one)
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "--no-edit", two)
    commit(root, {"a.py": lines(30, l2="ours", l28="theirs", l10="more")})
    git(root, "checkout", "-q", "side")
    commit(root, {"a.py": lines(30, l2="ours", l28="theirs", l20="too")})
    git(root, "checkout", "-q", "main")
    repo = Repository(root)
    assert sorted(merge_bases(repo, "main", "side")) == sorted([one, two])
    merged = decide(root)
    assert merged.clean and merged.tree == git(root, "merge-tree", "--write-tree", "main", "side")
    assert [(d.path, sorted(d.stages)) for d in merged.decisions] == [(b"a.py", [1, 2, 3])]


def test_history_questions(fork, git, commit):
    root = fork({"a": "1\n"}, {"b": "1\n"}, {"c": "1\n"})
    repo = Repository(root)
    base = git(root, "rev-parse", "main~1")
    assert find_merge_base(repo, "main", "side") == base == find_merge_base(root, "side", "main")
    assert repo.is_ancestor(base, "main") and repo.is_ancestor("main", "main")
    assert repo.is_ancestor("main", "side") is False and repo.is_ancestor("1" * 40, "main") is None
    git(root, "checkout", "-q", "--orphan", "island")
    commit(root, {"z": "1\n"})
    assert find_merge_base(repo, "island", "main") is None
    with pytest.raises(MuseError, match="unrelated histories"):
        merge_commits(repo, "island", "main", plugin_for_path)


def test_odd_paths_and_renames_reach_their_domain(fork, git):
    text = "def f():\n    return 1\n\n\n" * 3 + "\n".join(f"x{n} = {n}" for n in range(40)) + "\n"
    odd = b'd "q" \\ [x]*?\xff.py'.decode("utf-8", "surrogateescape")
    ours = text.replace("x1 = 1", "x1 = 100")
    theirs = text.replace("x39 = 39", "x39 = 390")
    moved = {odd: ours, "old.py": None, "new.py": ours}
    root = fork({odd: text, "old.py": text}, moved, {odd: theirs, "old.py": theirs})
    merged = decide(root)
    assert merged.clean
    assert {d.path for d in merged.decisions} == {odd.encode("utf-8", "surrogateescape"), b"new.py"}
    both = ours.replace("x39 = 39", "x39 = 390")
    assert git(root, "cat-file", "-p", f"{merged.tree}:new.py") + "\n" == both
    assert merged.tree == git(root, "merge-tree", "--write-tree", "main", "side")


def test_a_bare_sha256_repository_merges_by_its_own_attributes(make_repo, commit, git, tmp_path):
    root = make_repo("repo", {".gitattributes": "d/* -merge\n", "d/a.txt": lines(9), "b.txt": lines(9)}, sha256=True)
    git(root, "branch", "side")
    commit(root, {"d/a.txt": lines(9, l1="x"), "b.txt": lines(9, l1="x")})
    git(root, "checkout", "-q", "side")
    commit(root, {"d/a.txt": lines(9, l9="y"), "b.txt": lines(9, l9="y")})
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    repo = Repository(tmp_path / "bare.git")
    merged = merge_commits(repo, "main", "side", plugin_for_path, ours_label="main", theirs_label="side")
    assert list(merged.stages) == [b"d/a.txt"]
    assert repo.objects.blob(f"{merged.tree}:b.txt").decode() == lines(9, l1="x", l9="y")


def test_a_broken_plugin_falls_back_to_git(fork):
    root = fork({"m.py": "a = 1\n" * 9}, {"m.py": "b = 2\n" + "a = 1\n" * 8}, {"m.py": "a = 1\n" * 8 + "c = 3\n"})

    def broken(path):
        raise MuseError("the plugin of domain 'code' cannot be loaded")

    merged = merge_commits(Repository(root), "HEAD", "side", broken, theirs_label="side")
    assert merged.clean and merged.tree == merged.git.tree
