"""Many files at once: one driver answers for the rest, and every file is what it would have been one by one."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]
MakeRepo = Callable[..., Path]

COUNT = 40
BASE = "".join(f"def f{i}(x):\n    y = x + {i}\n    return y\n\n\n" for i in range(12))
OURS = BASE.replace("x + 2\n", "x + 20\n")
THEIRS = BASE.replace("x + 9\n", "x + 90\n")
BOTH = OURS.replace("x + 9\n", "x + 90\n")


@pytest.fixture
def large(make_repo: MakeRepo, run: Run, git: Git, commit: Commit, linked_worktree: Callable[..., Path]) -> Path:
    """40 files that Git merges cleanly, and five special ones, of which one conflicts for Git and not for Muse."""
    names = [f"d{n % 4}/f{n:02}.py" for n in range(COUNT)]
    near = ('{\n  "a": %d,\n  "b": %d\n}\n', "zz/near.json")
    root = make_repo(
        "repo", {**{name: f"# {name}\n{BASE}" for name in names}, near[1]: near[0] % (1, 1), "u/u.py": BASE}
    )
    commit(root, {"u/.gitattributes": "*.py merge=binary\n"})
    assert run(root, "muse", "install").returncode == 0
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {**{name: f"# {name}\n{THEIRS}" for name in names}, near[1]: near[0] % (1, 2), "u/u.py": THEIRS})
    git(root, "switch", "-q", "main")
    commit(root, {**{name: f"# {name}\n{OURS}" for name in names}, near[1]: near[0] % (2, 1), "u/u.py": OURS})
    return root


def _counting(root: Path) -> Path:
    """Let the configured command count how often Python is started."""
    log = root.parent / "starts"
    config = root / ".git/config"
    counted = f'open(\\"{log}\\", \\"a\\").write(\\".\\"); from muse.drivers.merge import'
    text = config.read_text().replace("from muse.drivers.merge import", counted)
    config.write_text(text)
    return log


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="what Git's children took is read from /proc")
@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
@pytest.mark.parametrize("where", ["repo", "linked"])
@pytest.mark.parametrize("muse", ["", "0"])
def test_one_driver_answers_for_the_rest(
    muse: str, where: str, large: Path, git: Git, run: Run, linked_worktree: Callable[..., Path]
) -> None:
    log = _counting(large)
    root = linked_worktree(large, "linked", "other") if where == "linked" else large
    done = run(root, "git", "merge", "--no-edit", "topic", env={"MUSE": muse} if muse else {})
    assert done.returncode == 1 and "muse doctor" not in done.stderr, done.stderr
    unmerged = set(git(root, "diff", "--name-only", "--diff-filter=U").split())
    assert unmerged == ({"u/u.py", "zz/near.json"} if muse else {"u/u.py"})
    for n in range(COUNT):
        name = f"d{n % 4}/f{n:02}.py"
        assert (root / name).read_text() == f"# {name}\n{BOTH}", name
    assert (root / "u/u.py").read_text() == OURS
    if not muse:
        assert (root / "zz/near.json").read_text() == '{\n  "a": 2,\n  "b": 2\n}\n'
    assert 0 < len(log.read_text()) < COUNT // 2
    git_dir = Path(git(root, "rev-parse", "--absolute-git-dir"))
    (left,) = (git_dir / "muse").glob("ahead-*")
    assert (left / ".done").exists() and len(list(left.iterdir())) < COUNT // 2  # the others were handed out
    assert run(root, "muse", "doctor").returncode == 0
    git(root, "merge", "--abort")
    run(root, "git", "merge", "--no-edit", "topic")
    assert not left.exists()  # the next large merge has swept it


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="what Git's children took is read from /proc")
def test_an_answer_is_for_its_contents_only(large: Path, git: Git, run: Run, commit: Commit) -> None:
    """Left-overs of a git with our process id: other contents are not answered by them."""
    (large / ".git/muse").mkdir(exist_ok=True)
    script = 'mkdir ".git/muse/ahead-$$-"; echo wrong >".git/muse/ahead-$$-/a-b-c"; exec git merge --no-edit topic'
    done = run(large, "sh", "-c", script)
    assert done.returncode == 1, done.stderr
    for n in range(COUNT):
        assert "wrong" not in (large / f"d{n % 4}/f{n:02}.py").read_text()


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_a_hanging_plugin_costs_a_whole_merge_its_deadline_and_no_more(
    keys: None, make_repo: MakeRepo, git: Git, commit: Commit, run: Run, tmp_path: Path
) -> None:
    """`muse merge` with a second for each file: the plugin sleeps in C, the answer is Git's text merge."""
    plugin = tmp_path / "site/keys_plugin.py"
    text = plugin.read_text().replace("    def merge_file(", "    def merge_file(self, path, *sides):\n"
                                      "        import time\n        time.sleep(60)\n\n    def unused(")  # fmt: skip
    plugin.write_text(text)
    root = make_repo("repo", {"a.keys": "a=1\n", "b.keys": "m=1\n" * 9})
    git(root, "config", "muse.mergeDeadline", "1")
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {"a.keys": "a=2\n", "b.keys": "m=1\n" * 9 + "t=1\n"})
    git(root, "switch", "-q", "main")
    commit(root, {"a.keys": "a=3\n", "b.keys": "o=1\n" + "m=1\n" * 9})
    before = time.monotonic()
    done = run(root, "muse", "merge", "topic")
    assert time.monotonic() - before < 20 and done.returncode == 1
    assert "a.keys: merged as text, because the structured merge took longer than 1 s" in done.stderr
    assert (root / "a.keys").read_text() == "<<<<<<< HEAD\na=3\n=======\na=2\n>>>>>>> topic\n"
    assert (root / "b.keys").read_text() == "o=1\n" + "m=1\n" * 9 + "t=1\n"


@pytest.mark.parametrize("value", ["inf", "nan", "-1", "0", "soon", ""])
def test_a_deadline_that_is_no_time_is_the_default(value: str) -> None:
    from muse.core.gitconfig import DEADLINE, deadline

    assert deadline({"mergedeadline": value}) == DEADLINE
    assert (deadline({"mergedeadline": "1k"}), deadline({"mergedeadline": "0.25"})) == (1024.0, 0.25)
    assert deadline({"mergedeadline": "0.001"}) == 0.05 and deadline({"mergedeadline": "1e300"}) == 86400.0
