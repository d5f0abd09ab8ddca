"""The README does what it says: its commands exist, its way out leaves plain Git, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.cli.verbs import VERBS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_that_is_named_is_one(page: Path) -> None:
    typed = re.findall(r"(?:`|^)(?:git )?muse ([a-z][a-z-]*)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(typed) <= VERBS.keys() | {"help", "for"}


def test_the_table_of_git_and_muse_has_every_verb() -> None:
    page = (ROOT / "docs" / "git-and-muse.md").read_text(encoding="utf-8")
    assert {verb for verb in VERBS if f"muse {verb}" not in page} <= {"branch", "tag", "checkout"}, (
        "a verb wants a row in docs/git-and-muse.md"
    )


def test_the_way_out_leaves_plain_git(
    make_repo: Callable[..., Path], muse_on_path: Path, git: Callable[..., str]
) -> None:
    (block,) = re.findall(r"To leave, with every commit as it is:\n\n```\n(.*?)```", README, re.DOTALL)
    *lines, last = block.splitlines()
    assert last == "pipx uninstall muse-on-git"
    repo = make_repo(files={"a.py": "x = 1\n"})
    config = (repo / ".git" / "config").read_bytes()
    subprocess.run(["muse", "install"], cwd=repo, check=True, capture_output=True)
    (repo / "a.py").write_text("x = 2\n")
    subprocess.run(["muse", "commit", "-q", "-m", "two"], cwd=repo, check=True, capture_output=True)
    head = git(repo, "rev-parse", "HEAD")
    assert git(repo, "for-each-ref", "refs/muse") and (repo / ".git" / "muse").is_dir()
    done = subprocess.run(["sh", "-ec", "\n".join(lines)], cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert git(repo, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert (repo / ".git" / "config").read_bytes() == config and git(repo, "rev-parse", "HEAD") == head
    assert [path for path in (repo / ".git").rglob("*muse*") if path.is_file()] == []
    git(repo, "fsck", "--strict")
