"""What must hold for every merge of whole trees, over random small histories and real Git."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muse.core.textmerge import has_markers
from muse.engine.merge.git_trees import merge_trees
from muse.engine.merge.whole_tree import merge_commits
from muse.plugins.registry import plugin_for_path
from muse.store.objects.database import TreeEntry
from muse.store.repository import Repository

pytestmark = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")

NAMES = ("a.txt", "b.py", "c.json", "d.txt", "e.py")
LINES = ("one", "two", "three", "x = 1", "def f():", "    return 1", "")
text = st.lists(st.sampled_from(LINES), max_size=8).map(lambda rows: "".join(f"{row}\n" for row in rows).encode())
entry = st.tuples(text, st.sampled_from((0o100644, 0o100755)))
tree = st.dictionaries(st.sampled_from(NAMES), entry, max_size=4)


@st.composite
def histories(draw):
    """(base, left, right): each side keeps, edits, drops or adds files of the base."""
    base = draw(tree)
    sides = []
    for _ in range(2):
        side = dict(base)
        for name in draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True)):
            action = draw(st.sampled_from(("edit", "edit", "new", "drop", "move")))
            if action == "edit" and name in side:
                data, mode = side[name]
                rows = data.split(b"\n")
                at = draw(st.integers(0, len(rows) - 1))
                rows[at : at + draw(st.integers(0, 1))] = [draw(st.sampled_from(LINES)).encode() + b"!"]
                side[name] = (b"\n".join(rows), mode)
            elif action == "new":
                side[name] = draw(entry)
            elif action == "drop":
                side.pop(name, None)
            elif name in side:
                side["moved-" + name] = side.pop(name)
        sides.append(side)
    return base, *sides


@pytest.fixture(scope="module")
def repo():
    with tempfile.TemporaryDirectory() as folder:
        import subprocess

        subprocess.run(["git", "init", "-q", folder], check=True)
        yield Repository(Path(folder))


def commit(repo, files, *parents):
    """A commit of these files, made without a work tree."""
    with repo.writer() as writer:
        rows = [TreeEntry(mode, name.encode(), writer.blob(data)) for name, (data, mode) in files.items()]
        made = writer.tree(rows)
    flags = [word for parent in parents for word in ("-p", parent)]
    return repo.git("commit-tree", made, *flags, "-m", "x").decode().strip()


def merge(repo, base, left, right):
    """Merge two states that were made from a base."""
    root = commit(repo, base)
    ours, theirs = commit(repo, left, root), commit(repo, right, root)
    return merge_commits(repo, ours, theirs, plugin_for_path, ours_label="left", theirs_label="right")


FIXTURES = [HealthCheck.function_scoped_fixture]
LAWS = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=FIXTURES)


@LAWS
@given(histories())
def test_where_git_is_clean_the_tree_is_gits(repo, history):
    merged = merge(repo, *history)
    done = repo.run("merge-tree", "--write-tree", "-z", merged.git.ours, merged.git.theirs)
    git_clean, git_tree = done.returncode == 0, done.stdout.split(b"\0")[0].decode()
    objections = [d for d in merged.decisions if d.git_clean and not d.clean]
    if git_clean and not objections:
        assert merged.clean and merged.tree == git_tree
    for decision in objections:  # only a domain that knows more may object, and it must say to what
        assert decision.domain == "code" and decision.merge.conflicts[0].conflict_type
    resolved = {d.path for d in merged.decisions if d.beyond_git}
    assert set(merged.stages) == (set(merged.git.stages) - resolved) | {d.path for d in objections}


@LAWS
@given(histories())
def test_a_side_that_did_nothing_changes_nothing(repo, history):
    base, left, _ = history
    root = commit(repo, base)
    ours, same = commit(repo, left, root), commit(repo, base, root)
    for sides in ((ours, same), (same, ours)):
        merged = merge_commits(repo, *sides, plugin_for_path)
        assert merged.clean and merged.tree == repo.tree_of(ours) and merged.decisions == []


@LAWS
@given(histories())
def test_the_same_change_on_both_sides_is_made_once(repo, history):
    base, left, _ = history
    root = commit(repo, base)
    one = commit(repo, left, root)
    two = commit(repo, left, root, commit(repo, {}, root))
    merged = merge_commits(repo, one, two, plugin_for_path)
    assert merged.clean and merged.tree == repo.tree_of(one)


@LAWS
@given(histories())
def test_swapping_the_sides_leaves_the_same_conflicts(repo, history):
    base, left, right = history
    one, two = merge(repo, base, left, right), merge(repo, base, right, left)
    assert one.clean == two.clean and set(one.stages) == set(two.stages)
    plain = not any(d.beyond_git for d in one.decisions)  # insertions at one place may follow ours first
    if one.clean and plain:
        assert one.tree == two.tree


@LAWS
@given(histories())
def test_merging_again_changes_nothing_and_no_clean_file_has_markers(repo, history):
    merged = merge(repo, *history)
    for row in repo.git("ls-tree", "-r", "-z", merged.tree).split(b"\0"):
        info, _, path = row.partition(b"\t")
        if path and path not in merged.stages:
            assert not has_markers(repo.objects.blob(info.split()[2].decode())), path
    for decision in merged.decisions:
        assert decision.clean or decision.merge.conflicts
    if merged.clean:
        done = repo.git("commit-tree", merged.tree, "-p", merged.git.ours, "-m", "x").decode().strip()
        again = merge_commits(repo, done, merged.git.theirs, plugin_for_path)
        assert again.clean and again.tree == merged.tree


@LAWS
@given(histories())
def test_the_shadow_repository_is_git(repo, history):
    """Our reading of Git's merge, against the same command in the repository itself."""
    base, left, right = history
    root = commit(repo, base)
    ours, theirs = commit(repo, left, root), commit(repo, right, root)
    merged = merge_trees(repo, ours, theirs)
    done = repo.run("merge-tree", "--write-tree", "-z", "--no-messages", ours, theirs)
    fields = done.stdout.rstrip(b"\0").split(b"\0")
    assert merged.tree == fields[0].decode()
    rows = [
        b"%s %s %d\t%s" % (s.mode, s.id.encode(), n, path)
        for path, stages in sorted(merged.stages.items())
        for n, s in sorted(stages.items())
    ]
    assert sorted(rows) == sorted(fields[1:])
