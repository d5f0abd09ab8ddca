"""Merges that are cut off, and repositories that are not as one expects: nothing is lost, and Git can explain it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from muse.cli.main import main
from muse.core.errors import ConflictError, MuseError
from muse.engine.git import git_version
from muse.engine.merge import git_trees, worktree
from muse.engine.merge.git_trees import merge_trees
from muse.engine.merge.join_push import join_commits
from muse.engine.merge.whole_tree import merge_commits
from muse.engine.merge.worktree import left_to_git
from muse.plugins.files import FilesPlugin
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

whole_merges = pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")

BASE = "".join(f"line {n}\n" for n in range(1, 21))
OURS, THEIRS = BASE.replace("line 2\n", "ours\n"), BASE.replace("line 19\n", "theirs\n")
BOTH = OURS.replace("line 19\n", "theirs\n")


@pytest.fixture
def fork(make_repo, commit, git):
    """A repository on main with a branch `side`: one clean both-sided file, one conflict, one new file."""
    root = make_repo("repo", {"a.txt": BASE, "c.txt": BASE})
    git(root, "branch", "side")
    commit(root, {"a.txt": OURS, "c.txt": BASE.replace("line 9\n", "ours\n")}, "ours")
    git(root, "checkout", "-q", "side")
    commit(root, {"a.txt": THEIRS, "c.txt": BASE.replace("line 9\n", "theirs\n"), "new.txt": "new\n"}, "theirs")
    git(root, "checkout", "-q", "main")
    return root


STEPS = ("cp ", "GIT_INDEX_FILE=$next git read-tree", "GIT_INDEX_FILE=$next git update-index", "mv -f", 'exit "$MUSE')


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["KILL", "TERM"])
@whole_merges
def test_a_strategy_that_is_killed_loses_nothing(fork, git, monkeypatch, capfd, step, kind):
    """Killed before each of its steps. Git goes back to where it was; merging again gives the whole merge."""
    script = worktree._STRATEGY.replace(step, f"kill -{kind} $$; {step}", 1)
    assert script != worktree._STRATEGY
    monkeypatch.chdir(fork)
    with monkeypatch.context() as patch:
        patch.setattr(worktree, "_STRATEGY", script)
        assert main(["merge", "side"]) != 0
    head = git(fork, "rev-parse", "main")
    assert git(fork, "log", "-1", "--format=%s") == "ours"
    (fork / ".git" / "index.lock").unlink(missing_ok=True)  # what Git's own message tells the user to do
    assert not (fork / ".git" / "MERGE_HEAD").exists()
    git(fork, "status")
    git(fork, "reset", "-q", "--hard")
    git(fork, "clean", "-qfd")
    capfd.readouterr()
    assert main(["merge", "side"]) == 1
    assert git(fork, "status", "--porcelain").splitlines() == ["M  a.txt", "UU c.txt", "A  new.txt"]
    assert (fork / "a.txt").read_text() == BOTH and git(fork, "rev-parse", "ORIG_HEAD") == head


@whole_merges
def test_a_merge_killed_outright_can_be_explained_and_abandoned(fork, git):
    """Kill `muse` and Git while the strategy has half done its work."""
    script = worktree._STRATEGY.replace("mv -f", "kill -STOP $$; mv -f", 1)
    code = (
        "import sys; from muse.engine.merge import worktree; worktree._STRATEGY = sys.argv[1];"
        "from muse.cli.main import main; sys.exit(main(['merge', 'side']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, script],
        cwd=fork,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        if (fork / "new.txt").exists():
            break
        try:
            process.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            pass
    assert process.poll() is None and (fork / "new.txt").exists()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    status = git(fork, "status")
    assert "On branch main" in status
    assert git(fork, "log", "-1", "--format=%s") == "ours" and not (fork / ".git" / "MERGE_HEAD").exists()
    lock = subprocess.run(["git", "reset", "--hard"], cwd=fork, capture_output=True, text=True, check=False)
    if lock.returncode:
        assert "index.lock" in lock.stderr
        (fork / ".git" / "index.lock").unlink()
        git(fork, "reset", "--hard")
    assert (fork / "a.txt").read_text() == OURS


def test_an_older_git_merges_by_itself(fork, monkeypatch):
    repo = Repository(fork)
    assert left_to_git(repo, ["side"]) is (git_version() < git_trees.NEEDED)
    monkeypatch.setattr(worktree, "git_version", lambda: (2, 34))
    monkeypatch.setattr(git_trees, "git_version", lambda: (2, 34))
    assert left_to_git(repo, ["side"])
    with pytest.raises(MuseError, match=r"needs git 2\.38"):
        merge_trees(repo, "main", "side")
    with pytest.raises(ConflictError, match=r"needs git 2\.38 or newer; this is git 2\.34"):
        join_commits(repo, "main", "side", plugin_for_path, message="m", anything=True)


def test_a_sparse_checkout_is_left_to_git(fork, git, capfd, monkeypatch):
    git(fork, "sparse-checkout", "set", "--no-cone", "/a.txt")
    assert not (fork / "c.txt").exists() and left_to_git(Repository(fork), ["side"])
    monkeypatch.chdir(fork)
    assert main(["merge", "side"]) == 1
    assert "<<<<<<<" in (fork / "c.txt").read_text() and "UU c.txt" in git(fork, "status", "--porcelain")


def test_a_dash_is_the_branch_we_came_from(fork, git, capfd, monkeypatch):
    git(fork, "checkout", "-q", "side")
    git(fork, "checkout", "-q", "main")
    monkeypatch.chdir(fork)
    assert main(["merge", "-"]) == 1
    assert git(fork, "rev-parse", "MERGE_HEAD") == git(fork, "rev-parse", "side")


@whole_merges
def test_a_broken_rule_file_stops_the_merge_before_it_starts(fork, commit, git):
    commit(fork, {".museattributes": "[[rules]]\npath = 1\n"})
    with pytest.raises(MuseError, match="museattributes"):
        merge_commits(Repository(fork), "HEAD", "side", plugin_for_path)
    assert git(fork, "status", "--porcelain") == ""


class Endless(FilesPlugin):
    """A domain that never comes back, deaf to its deadline."""

    def merge_file(self, path, base, ours, theirs):
        while True:
            pass


@pytest.mark.parametrize("known", [True, False])
@whole_merges
def test_a_plugin_that_hangs_costs_its_answer_only(fork, git, known):
    """Where Git's merge is known and where it is not; each of both paths gets Git's merge in the end."""
    git(fork, "config", "muse.mergeDeadline", "0.2")
    names = {"a.txt"} if known else {"c.txt"}

    def plugin(path):
        made = Endless() if path in names else FilesPlugin()
        made.name = "endless"  # so that clean paths are asked about as well
        return made

    merged = merge_commits(Repository(fork), "HEAD", "side", plugin, theirs_label="side")
    (slow,) = [decision for decision in merged.decisions if decision.merge.notes]
    assert slow.path.decode() in names and "took longer than 0.2 s" in slow.merge.notes[0]
    assert merged.tree == git(fork, "merge-tree", "--write-tree", "HEAD", "side", check=False).splitlines()[0]


@whole_merges
def test_a_missing_object_is_one_line(fork, git, capfd, monkeypatch):
    blob = git(fork, "rev-parse", "side:a.txt")
    (fork / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    monkeypatch.chdir(fork)
    assert main(["merge", "side"]) == 128
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("muse: git cannot merge") and git(fork, "status", "--porcelain") == ""


@whole_merges
def test_odd_labels_and_settings_do_not_confuse_the_shadow(fork, git):
    """Names Git could not use as branches, settings with quotes, other people's drivers, replaced objects."""
    git(fork, "config", "merge.other.driver", 'echo "a \\"b\\" %A" > ../other-ran; cp %B %A; exit 0')
    git(fork, "config", "alias.odd", '!f() { echo "x\ty"; }; f')
    (fork / ".git" / "info").mkdir(exist_ok=True)
    (fork / ".git" / "info" / "attributes").write_text("c.txt merge=other\n")
    repo = Repository(fork)
    merged = merge_commits(repo, "HEAD", "side~0", plugin_for_path, theirs_label="side~0")
    assert merged.clean
    assert (fork.parent / "other-ran").read_text().startswith('a "b" ')
    assert repo.objects.blob(f"{merged.tree}:c.txt") == repo.objects.blob("side:c.txt")
    (fork / ".git" / "info" / "attributes").write_text("c.txt -merge\n")
    merged = merge_commits(repo, "HEAD", "side~0", plugin_for_path, theirs_label="side~0")
    assert list(merged.stages) == [b"c.txt"] and merged.decisions[0:] == []
    git(fork, "replace", git(fork, "rev-parse", "side:new.txt"), git(fork, "rev-parse", "side:a.txt"))
    assert merge_trees(repo, "main", "side").stages.keys() == {b"c.txt"}


def test_a_label_in_conflict_markers_is_what_the_user_typed(fork, git, monkeypatch, capfd):
    git(fork, "config", "merge.conflictStyle", "diff3")
    monkeypatch.chdir(fork)
    assert main(["merge", "side~0"]) == 1
    base = git(fork, "rev-parse", "--short", "main~1")
    assert (
        f"<<<<<<< HEAD\nours\n||||||| {base}\nline 9\n=======\ntheirs\n>>>>>>> side~0\n" in (fork / "c.txt").read_text()
    )


@whole_merges
def test_a_submodule_moved_on_both_sides_is_gits(fork, make_repo, commit, git):
    inner = make_repo("inner", {"i": "1\n"})
    git(fork, "submodule", "--quiet", "add", str(inner), "sub")
    commit(fork, {"c.txt": BASE}, "with a submodule")
    git(fork, "branch", "-f", "other")
    for branch, text in (("main", "a\n"), ("other", "b\n")):
        git(fork, "checkout", "-q", branch)
        git(fork / "sub", "checkout", "-q", "--detach", git(inner, "rev-parse", "HEAD"))
        commit(fork / "sub", {"i": text}, text)
        commit(fork, {f"{branch}.txt": text}, branch)
    git(fork, "checkout", "-q", "main")
    merged = merge_commits(Repository(fork), "main", "other", plugin_for_path, theirs_label="other")
    assert list(merged.stages) == [b"sub"] and merged.decisions == []
    assert {stage.mode for stage in merged.stages[b"sub"].values()} == {b"160000"}


UP = "$(ps -o ppid= -p %s)"
GIT_OF_SCRIPT = UP % "$PPID"  # `git merge` runs `git merge-muse`, and that runs the script


@pytest.fixture
def ended(tmp_path, monkeypatch):
    """The git that merges is killed as soon as our script has put the index in place."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "mv"
    program.write_text(f'#!/bin/sh\n{shutil.which("mv")} "$@"\nkill -KILL {UP % GIT_OF_SCRIPT}\n')
    program.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield program


def seen(fork, git):
    """Index, files and references."""
    files = {path.name: path.read_bytes() for path in fork.iterdir() if path.is_file()}
    return git(fork, "ls-files", "-s"), files, git(fork, "for-each-ref"), git(fork, "status", "--porcelain")


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "conflicts"])
@whole_merges
def test_a_merge_whose_git_ends_before_it_is_noted_is_taken_back(fork, git, monkeypatch, capfd, ended, clean, commit):
    """The index is in place and Git has not said MERGE_HEAD: nobody could tell what those staged changes are."""
    if clean:
        commit(fork, {"c.txt": BASE.replace("line 9\n", "theirs\n")}, "settled")
    (fork / "mine.txt").write_text("not committed\n")
    before = seen(fork, git)
    monkeypatch.chdir(fork)
    assert main(["merge", "side"]) not in (0, 1)
    assert "failed" not in capfd.readouterr().err  # Git was gone, and could not put anything back itself
    assert seen(fork, git) == before
    assert not (fork / ".git" / "MERGE_HEAD").exists()
    ended.unlink()
    assert main(["merge", "side"]) == (0 if clean else 1)
    assert (fork / "a.txt").read_text() == BOTH


@whole_merges
def test_a_clean_merge_whose_git_ends_before_the_commit_is_taken_back_whole(fork, git, monkeypatch, commit):
    """MERGE_HEAD is written and the commit is not: killed by a hook that comes between the two."""
    commit(fork, {"c.txt": BASE.replace("line 9\n", "theirs\n")}, "settled")
    before = seen(fork, git)
    hook = fork / ".git/hooks/prepare-commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n[ -e .git/MERGE_HEAD ] && kill -KILL $PPID\n")
    hook.chmod(0o755)
    monkeypatch.chdir(fork)
    assert main(["merge", "side"]) not in (0, 1)
    hook.unlink()
    assert seen(fork, git) == before
    assert not (fork / ".git" / "MERGE_HEAD").exists()


@whole_merges
def test_conflicts_that_git_has_noted_stay_when_it_is_ended(fork, git, monkeypatch):
    """After MERGE_HEAD: what is there is a merge in progress, with the conflict to settle."""
    script = worktree._STRATEGY.replace(
        'exit "$MUSE_MERGE_EXIT"', "git rev-parse side >.git/MERGE_HEAD; kill -KILL " + GIT_OF_SCRIPT
    )
    monkeypatch.setattr(worktree, "_STRATEGY", script)
    monkeypatch.chdir(fork)
    assert main(["merge", "side"]) not in (0, 1)
    assert git(fork, "status", "--porcelain") == "M  a.txt\nUU c.txt\nA  new.txt"


@whole_merges
def test_a_script_that_is_late_for_its_git_does_nothing(fork, git, monkeypatch):
    """Git is ended before our script has the lock: it leaves the repository alone."""
    before = seen(fork, git)
    late = worktree._STRATEGY.replace(
        "trap '' HUP INT TERM\n", "trap '' HUP INT TERM\nkill -KILL " + GIT_OF_SCRIPT + "; sleep 0.5\n", 1
    )
    monkeypatch.setattr(worktree, "_STRATEGY", late)
    monkeypatch.chdir(fork)
    assert main(["merge", "side"]) not in (0, 1)
    time.sleep(1)
    assert seen(fork, git) == before
    assert not (fork / ".git/index.lock").exists()
