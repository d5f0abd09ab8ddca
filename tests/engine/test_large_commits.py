"""A large plain commit is written without `git commit`, and is the commit Git would have made; others are Git's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine.worktree import direct
from muse.engine.worktree.commit import PACK_FROM, commit
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

Git = Callable[..., str]


def fill(root: Path) -> None:
    """Work of every plain kind: new files, one edited, one deleted, a link, a program, one with Windows line ends."""
    (root / "new").mkdir()
    for n in range(PACK_FROM):
        (root / "new" / f"{n}.txt").write_text(f"{n}\n")
    (root / "a").write_text("2\n")
    (root / "gone").unlink()
    (root / "link").symlink_to("a")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "crlf").write_bytes(b"1\r\n2\r\n")


@pytest.fixture
def twins(make_repo: Callable[..., Path], git: Git) -> tuple[Path, Path]:
    """Two repositories with the same work to commit."""
    made = []
    for name in ("ours", "gits"):
        root = make_repo(name, files={"a": "1\n", "gone": "x\n", "stays": "y\n"})
        fill(root)
        made.append(root)
    return made[0], made[1]


@pytest.mark.parametrize("message", ["one", "  one  \n\n\n\ntwo \n", "one\ntwo"])
def test_it_is_the_commit_git_makes(
    twins: tuple[Path, Path], git: Git, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, gits = twins
    monkeypatch.chdir(ours)
    calls: list[str] = []
    real = direct.commit
    monkeypatch.setattr(direct, "commit", lambda *args: calls.append(made := real(*args) or "") or made)  # type: ignore[func-returns-value]
    told: list[bytes] = []
    assert commit(Repository(ours), ["-m", message], plugin_for_path, tell=told.append) == (0, "")
    assert len(calls) == 1 and calls[0] == git(ours, "rev-parse", "HEAD")
    git(gits, "add", "-A")
    said = git(gits, "commit", "-m", message)
    for form in ("%T", "%B", "%an <%ae>", "%cn <%ce>", "%P"):
        want = git(gits, "log", "-1", f"--format={form}")
        assert git(ours, "log", "-1", f"--format={form}") == want or form == "%P"
    assert git(ours, "status", "--porcelain") == "" and git(ours, "fsck", "--strict", "--no-dangling") == ""
    assert told[0].decode().split("]", 1)[1].strip() == said.split("]", 1)[1].strip()
    assert git(ours, "reflog", "-1", "--format=%gs") == git(gits, "reflog", "-1", "--format=%gs")


def hook(root: Path, git: Git) -> None:
    path = root / ".git" / "hooks" / "pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\necho hooked >hooked\n")
    path.chmod(0o755)


LEFT_TO_GIT: dict[str, Callable[[Path, Git], object]] = {
    "a hook": hook,
    "hooks elsewhere": lambda root, git: git(root, "config", "core.hooksPath", "hooks"),
    "a template": lambda root, git: git(root, "config", "commit.template", "stays"),
    "line ends": lambda root, git: git(root, "config", "core.autocrlf", "input"),
    "an attribute": lambda root, git: (root / ".git" / "info" / "attributes").write_text("crlf text\n"),
    "a filter": lambda root, git: (root / ".git" / "info" / "attributes").write_text("run filter=x\n"),
    "a cherry-pick": lambda root, git: git(root, "update-ref", "CHERRY_PICK_HEAD", "HEAD"),
}


@pytest.mark.parametrize("why", LEFT_TO_GIT)
def test_where_somebody_else_has_a_say_it_is_gits(
    twins: tuple[Path, Path], git: Git, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = twins[0]
    monkeypatch.chdir(root)
    LEFT_TO_GIT[why](root, git)
    repo = Repository(root)
    before = git(root, "rev-parse", "HEAD")
    assert commit(repo, ["-q", "-m", "x"], plugin_for_path)[0] == 0
    assert git(root, "rev-parse", "HEAD^") == before and git(root, "log", "-1", "--format=%s") == "x"
    assert (root / "hooked").exists() == (why == "a hook")
    stored = git(root, "cat-file", "blob", "HEAD:crlf") if why in ("line ends", "an attribute") else ""
    assert "\r" not in stored


def test_flags_git_has_to_read() -> None:
    assert direct.message_of(["-m", "x", "--amend"]) is None and direct.message_of(["-F", "f"]) is None
    assert direct.message_of(["-m", " "]) is None
    assert direct.message_of(["-m", "x", "-m", "y", "-q"]) == ("x\n\ny\n", True)
