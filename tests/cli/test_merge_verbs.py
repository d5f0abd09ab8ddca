"""merge, merge-tree and review, as a user types them."""

from __future__ import annotations

import json
import os

import pytest

from muse.store.meta import deltas
from muse.store.repository import Repository

whole_merges = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
BASE = "".join(f"line {n}\n" for n in range(1, 21))


def edit(**changed):
    """The base text with some lines replaced (`l3="x"`)."""
    return "".join(changed.get(f"l{n}", f"line {n}") + "\n" for n in range(1, 21))


@pytest.fixture
def fork(make_repo, commit, git):
    """`fork(ours, theirs) -> Path`: a repository on main, with a branch `side`, one commit apart from the base each."""

    def make(ours, theirs, base=None):
        root = make_repo("repo", {"a.txt": BASE, **(base or {})})
        git(root, "branch", "side")
        commit(root, ours, "ours")
        git(root, "checkout", "-q", "side")
        commit(root, theirs, "theirs")
        git(root, "checkout", "-q", "main")
        return root

    return make


def state(root, git):
    """Everything a refused command must leave alone."""
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if ".git" not in path.parts)
    files = {name: (root / name).read_bytes() for name in names if (root / name).is_file()}
    return git(root, "status", "--porcelain=v2", "--branch"), git(root, "for-each-ref"), files


@whole_merges
def test_a_clean_merge_from_a_subfolder(muse, fork, git):
    root = fork({"a.txt": edit(l1="ours"), "d/x": "1\n"}, {"a.txt": edit(l20="theirs"), "d/y": "1\n"})
    code, out, err = muse(root / "d", "merge", "side")
    assert (code, err) == (0, "")
    assert out.startswith("Auto-merging a.txt\nMerge made by the 'muse' strategy.\n")
    assert (root / "a.txt").read_text() == edit(l1="ours", l20="theirs")
    assert git(root, "status", "--porcelain") == ""
    repo = Repository(root)
    ours, theirs = repo.tree_of("HEAD^1"), repo.tree_of("HEAD^2")
    for base in (ours, theirs):  # one delta for each parent
        assert deltas.load(repo, base, repo.tree_of("HEAD")) is not None
    assert muse(root, "merge", "side")[:2] == (0, "Already up to date.\n")


def test_fast_forward_no_ff_squash_and_messages(muse, make_repo, commit, git):
    root = make_repo("repo", {"a.txt": BASE})
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"a.txt": edit(l2="x")})
    git(root, "checkout", "-q", "main")
    git(root, "branch", "keep")
    code, out, _ = muse(root, "merge", "--no-ff", "-m", "With a message", "side")
    assert code == 0 and git(root, "log", "-1", "--format=%s %p").startswith("With a message ")
    assert len(git(root, "log", "-1", "--format=%p").split()) == 2
    git(root, "reset", "-q", "--hard", "keep")
    assert muse(root, "merge", "--squash", "side")[0] == 0
    assert git(root, "status", "--porcelain") == "M  a.txt" and not (root / ".git" / "MERGE_HEAD").exists()
    git(root, "reset", "-q", "--hard", "keep")
    code, out, _ = muse(root, "merge", "side")
    assert code == 0 and "Fast-forward" in out and git(root, "rev-parse", "main") == git(root, "rev-parse", "side")


def test_squash_and_no_commit_of_a_real_merge(muse, fork, git):
    root = fork({"a.txt": edit(l1="ours")}, {"a.txt": edit(l20="theirs")})
    assert muse(root, "merge", "--squash", "side")[0] == 0
    assert git(root, "show", ":a.txt") + "\n" == edit(l1="ours", l20="theirs")
    assert git(root, "log", "-1", "--format=%s") == "ours"
    git(root, "reset", "-q", "--hard")
    assert muse(root, "merge", "--no-commit", "side")[0] == 0
    assert (root / ".git" / "MERGE_HEAD").read_text().strip() == git(root, "rev-parse", "side")
    assert muse(root, "merge", "--continue")[0] == 0
    assert len(git(root, "log", "-1", "--format=%p").split()) == 2


@whole_merges
def test_a_conflict_is_recorded_and_abort_goes_back(muse, fork, git):
    root = fork({"a.txt": edit(l5="ours")}, {"a.txt": edit(l5="theirs")})
    before = state(root, git)
    code, out, err = muse(root, "merge", "side")
    assert code == 1
    assert "CONFLICT (content): Merge conflict in a.txt\n" in out and "muse conflicts" in err
    (record,) = (root / ".git" / "muse" / "conflicts").iterdir()
    assert json.loads(record.read_text())["path"] == "a.txt"
    code, _, err = muse(root, "merge", "side")
    assert code == 128 and err.startswith("muse: a merge is in progress\nhint: muse merge --continue")
    code, _, err = muse(root, "commit", "-m", "x")
    assert code == 1 and err.startswith("muse: 1 path(s) are still in conflict: a.txt\n")
    assert muse(root, "merge", "--abort")[0] == 0
    assert state(root, git) == before
    assert list((root / ".git" / "muse" / "conflicts").iterdir()) == []


@whole_merges
def test_a_settled_conflict_is_committed_with_both_parents(muse, fork, git):
    root = fork({"a.txt": edit(l5="ours")}, {"a.txt": edit(l5="theirs")})
    assert muse(root, "merge", "-q", "side")[0] == 1
    (root / "a.txt").write_text(edit(l5="both"))
    git(root, "add", "a.txt")
    assert muse(root, "commit", "-q", "-m", "Settled") == (0, "", "")
    assert len(git(root, "log", "-1", "--format=%p").split()) == 2
    assert list((root / ".git" / "muse" / "conflicts").iterdir()) == []
    code, out, _ = muse(root, "review")
    assert code == 0 and out.startswith("a.txt: in conflict for Git, edited by a person\n")
    assert "\n-<<<<<<< HEAD\n" in out and "\n+both\n" in out


@whole_merges
def test_refusals_touch_nothing(muse, fork, make_repo, commit, git):
    root = fork({"a.txt": edit(l1="ours")}, {"a.txt": edit(l20="theirs"), "n.txt": "1\n"})
    (root / "a.txt").write_text("my work\n")
    before = state(root, git)
    code, out, err = muse(root, "merge", "side")
    assert (code, out) == (1, "") and err.startswith("muse: the merge would overwrite your work: ") and "a.txt" in err
    assert state(root, git) == before
    assert muse(root, "merge", "--autostash", "side")[0] == 0
    assert git(root, "show", "stash@{0}:a.txt") == "my work"  # it does not fit the result, so Git keeps it stashed
    root = make_repo("two", {"a.txt": "1\n"})
    git(root, "checkout", "-q", "--orphan", "island")
    commit(root, {"z": "1\n"})
    before = state(root, git)
    for words, said in (
        (("merge", "main"), "refusing to merge unrelated histories"),
        (("merge", "nowhere"), "unknown revision: nowhere"),
        (("merge",), "nothing to merge: this branch follows no other"),
        (("merge", "--abort", "main"), "--abort takes no other arguments"),
    ):
        code, out, err = muse(root, *words)
        assert code in (128, 129) and out == "" and err.startswith(f"muse: {said}"), words
        assert state(root, git) == before
    code, _, err = muse(make_repo("bare.git", bare=True), "merge", "x")
    assert code == 128 and err.startswith("muse: this repository has no work tree\n")


@whole_merges
def test_a_dry_run_leaves_no_trace(muse, fork, git):
    root = fork({"a.txt": edit(l5="ours")}, {"a.txt": edit(l5="theirs")})
    before = state(root, git), git(root, "count-objects", "-v")
    code, out, _ = muse(root, "merge", "--dry-run", "side")
    assert code == 1 and out.endswith("would leave 1 path(s) in conflict\n")
    code, out, _ = muse(root, "merge", "--dry-run", "--json", "side")
    row = json.loads(out)
    assert code == 1 and row["clean"] is False and [c["path"] for c in row["conflicts"]] == ["a.txt"]
    assert sorted(row["conflicts"][0]["stages"]) == ["1", "2", "3"]
    assert (state(root, git), git(root, "count-objects", "-v")) == before


@whole_merges
def test_merge_tree_prints_what_gits_merge_tree_prints(muse, fork, git, tmp_path):
    root = fork({"a.txt": edit(l5="ours"), "b.txt": "1\n"}, {"a.txt": edit(l5="theirs"), "c.txt": "1\n"})
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(root), str(bare))
    for flags in ((), ("-z",), ("--name-only",), ("--no-messages",), ("-z", "--name-only")):
        code, out, _ = muse(bare, "merge-tree", *flags, "main", "side")
        theirs = git(bare, "merge-tree", "--write-tree", *flags, "main", "side", check=False)
        assert code == 1 and out.rstrip("\n") == theirs
    code, out, _ = muse(bare, "merge-tree", "main", "main~1")
    assert (code, out) == (0, git(bare, "rev-parse", "main^{tree}") + "\n")
    assert json.loads(muse(bare, "merge-tree", "--json", "main", "side")[1])["clean"] is False
    code, out, err = muse(bare, "merge-tree", "main", "nowhere")
    assert (code, out) == (128, "") and err.startswith("muse: unknown revision: nowhere\n")


IMPORTS = "import os\n\n\ndef f():\n    return 1\n"


def two_imports(fork):
    """Both sides import something at one place."""
    ours, theirs = (IMPORTS.replace("import os\n", f"import os\nimport {name}\n") for name in ("re", "sys"))
    return fork({"m.py": ours}, {"m.py": theirs}, {"m.py": IMPORTS})


@whole_merges
def test_what_muse_resolves_can_be_reviewed_and_undone(muse, fork, git):
    """Two imports added at one place: a conflict for Git, none for code."""
    root = two_imports(fork)
    code, out, err = muse(root, "merge", "--no-commit", "side")
    assert code == 0, out + err
    assert err.startswith("m.py: ") and "CONFLICT" not in out
    merged = (root / "m.py").read_text()
    assert "import re\n" in merged and "import sys\n" in merged and "<<<<" not in merged
    row = json.loads(muse(root, "review", "--json")[1])
    assert [(r["path"], r["git"], r["result"]) for r in row["paths"]] == [("m.py", "conflict", "muse")]
    assert row["in_progress"] is True
    assert muse(root, "merge", "--continue")[0] == 0
    assert "m.py: in conflict for Git, as Muse resolved it\n" in muse(root, "review", "HEAD")[1]
    (root / "m.py").write_text("edited since\n")
    code, _, err = muse(root, "review", "--undo", "m.py")
    assert code == 1 and "edited since the merge" in err and (root / "m.py").read_text() == "edited since\n"
    git(root, "checkout", "-q", "m.py")
    assert muse(root, "review", "--undo", "m.py")[0] == 0
    assert "<<<<<<< HEAD\nimport re\n=======\nimport sys\n>>>>>>> " in (root / "m.py").read_text()


@whole_merges
def test_every_merge_of_a_range_is_reviewed(muse, fork, git):
    root = two_imports(fork)
    before = git(root, "rev-parse", "HEAD")
    assert muse(root, "merge", "side", "-m", "two \x1b[31mimports")[0] == 0
    first = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "-b", "more", before)
    (root / "b.txt").write_text("b\n")
    git(root, "add", "b.txt")
    git(root, "commit", "-q", "-m", "b")
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "more", "-m", "plain")
    code, out, err = muse(root, "review", f"{before}..")
    lines = out.splitlines()
    assert code == 0 and lines[0] == f"merge {first[:12]} two \\x1b[31mimports", out + err
    assert lines[1] == "m.py: in conflict for Git, as Muse resolved it"
    assert lines[-2:] == [f"merge {git(root, 'rev-parse', 'HEAD')[:12]} plain", "every file is as Git merges it"]
    told = json.loads(muse(root, "review", "--json", f"{before}..HEAD")[1])["merges"]
    assert [(row["commit"] == first, [p["path"] for p in row["paths"]]) for row in told] == [
        (True, ["m.py"]),
        (False, []),
    ]
    assert muse(root, "review", "HEAD..HEAD")[1] == "no merge of two commits in HEAD..HEAD\n"
    code, _, err = muse(root, "review", "nowhere..HEAD")
    assert code == 128 and "unknown revision: nowhere" in err
    assert muse(root, "review", "--undo", "m.py", "HEAD~1..HEAD")[0] == 129
    assert "<<<<" not in (root / "m.py").read_text()


@whole_merges
def test_an_undone_path_of_a_merge_in_progress_is_in_conflict_again(muse, fork, git):
    root = two_imports(fork)
    assert muse(root, "merge", "--no-commit", "side")[0] == 0
    assert muse(root, "review", "--undo", "m.py")[0] == 0
    assert git(root, "status", "--porcelain") == "UU m.py"
    assert muse(root, "commit", "-m", "x")[0] == 1
    code, _, err = muse(root, "review", "--undo", "a.txt")
    assert code == 128 and "nothing to undo" in err


def test_the_upstream_is_merged_when_none_is_named(muse, fork, commit, git, tmp_path):
    origin = fork({"a.txt": edit(l1="ours")}, {"b.txt": "1\n"})
    git(tmp_path, "clone", "-q", str(origin), "clone")
    root = tmp_path / "clone"
    commit(root, {"a.txt": edit(l1="ours", l20="mine")})
    commit(origin, {"a.txt": edit(l1="again")})
    git(root, "fetch", "-q")
    assert muse(root, "merge")[0] == 0
    assert git(root, "log", "-1", "--format=%s") == "Merge remote-tracking branch 'refs/remotes/origin/main'"
    assert (root / "a.txt").read_text() == edit(l1="again", l20="mine")


def test_several_heads_are_an_octopus_of_gits(muse, fork, commit, git):
    root = fork({"b.txt": "1\n"}, {"c.txt": "1\n"})
    git(root, "checkout", "-q", "-b", "third", "main~1")
    commit(root, {"d.txt": "1\n"})
    git(root, "checkout", "-q", "main")
    assert muse(root, "merge", "side", "third")[0] == 0
    assert len(git(root, "log", "-1", "--format=%p").split()) == 3


def test_an_old_git_merges_with_the_driver_installed_or_not(muse, fork, git, monkeypatch, muse_on_path):
    """What git before 2.38 gets; here from whichever git there is."""
    monkeypatch.setattr("muse.engine.merge.worktree.git_version", lambda: (2, 34))
    monkeypatch.setattr("muse.engine.merge.git_trees.git_version", lambda: (2, 34))
    root = fork(
        {"m.py": IMPORTS.replace("import os\n", "import os\nimport re\n"), "own.py": "1\n", "a.txt": edit(l1="o")},
        {"m.py": IMPORTS.replace("import os\n", "import os\nimport sys\n"), "own.py": "2\n", "a.txt": edit(l9="t")},
        {"m.py": IMPORTS, "own.py": "0\n", ".gitattributes": "own.py merge=binary\n"},
    )
    before, config = state(root, git), (root / ".git" / "config").read_bytes()
    for words in (("merge", "--dry-run", "side"), ("merge-tree", "main", "side")):
        code, out, err = muse(root, *words)
        said = "muse: merging whole trees needs git 2.38 or newer; this is git 2.34\nhint: "
        assert (code, out) == (128, "") and err.startswith(said)
    code, out, err = muse(root, "merge", "side")
    assert code == 1 and "Merge conflict in own.py" in out and "Merge conflict in m.py" not in out
    assert "import re\n" in (root / "m.py").read_text() and "import sys\n" in (root / "m.py").read_text()
    assert (root / "a.txt").read_text() == edit(l1="o", l9="t")
    assert muse(root, "merge", "--abort")[0] == 0 and state(root, git) == before
    git(root, "checkout", "-q", "side", "--", "own.py")
    git(root, "commit", "-qm", "theirs")
    code, out, err = muse(root, "merge", "--no-edit", "side")
    assert code == 0, out + err
    repo = Repository(root)
    assert all(deltas.load(repo, repo.tree_of(side), repo.tree_of("HEAD")) for side in ("HEAD^1", "HEAD^2"))
    assert (root / ".git" / "config").read_bytes() == config


def test_hooks_of_a_merge_are_gits(muse, fork, git):
    root = fork({"a.txt": edit(l1="ours")}, {"a.txt": edit(l20="theirs")})
    for name in ("pre-merge-commit", "commit-msg", "post-merge"):
        hook = root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho {name} >> ../ran\n")
        hook.chmod(0o755)
    assert muse(root, "merge", "side")[0] == 0
    assert (root.parent / "ran").read_text().split() == ["pre-merge-commit", "commit-msg", "post-merge"]


@whole_merges
def test_a_locked_index_stops_the_merge_before_it_starts(muse, fork, git):
    root = fork({"a.txt": edit(l1="ours")}, {"a.txt": edit(l20="theirs")})
    before = state(root, git)
    (root / ".git" / "index.lock").touch()
    code, _, err = muse(root, "merge", "side")
    assert code != 0 and "index.lock" in err
    os.unlink(root / ".git" / "index.lock")
    assert state(root, git) == before
