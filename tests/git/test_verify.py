"""`muse verify`, `muse completion`, and the options before the verb, as typed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]


def test_verify_of_a_healthy_repository(installed: Path, run: Run) -> None:
    done = run(installed, "muse", "verify")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "muse: everything is as it should be\n")
    assert json.loads(run(installed, "muse", "verify", "--json").stdout) == []


def test_verify_names_a_damaged_object(installed: Path, run: Run, git: Git) -> None:
    name = git(installed, "rev-parse", "HEAD:a.keys")
    file = installed / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-4])
    done = run(installed, "muse", "verify")
    assert done.returncode == 1 and name in done.stdout and "Traceback" not in done.stderr
    assert run(installed, "muse", "verify", "--no-fsck").returncode == 0


def test_verify_names_what_is_no_log(installed: Path, run: Run, git: Git) -> None:
    """A ref of ours that holds something else: a commit of source files is no log."""
    ref = "refs/muse/log/" + "a" * 20
    git(installed, "update-ref", ref, "HEAD")
    done = run(installed, "muse", "verify", "--no-fsck", "--json")
    assert done.returncode == 1
    assert any(entry["where"].startswith(ref) for entry in json.loads(done.stdout))


def test_the_repository_that_git_dir_names(installed: Path, run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    assert run(outside, "muse", "verify").returncode == 128
    assert run(outside, "muse", "--git-dir", "../repo/.git", "verify").returncode == 0
    assert run(outside, "muse", "-C", "../repo", "verify").returncode == 0


def test_git_finds_us_as_one_of_its_commands(installed: Path, run: Run) -> None:
    assert run(installed / "sub", "git", "muse", "verify").returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "muse", "completion", shell)
    assert done.returncode == 0 and "_MUSE_COMPLETE" in done.stdout


def test_a_shell_that_asks_for_completions_gets_verbs(run: Run, tmp_path: Path) -> None:
    env = {"_MUSE_COMPLETE": "bash_complete", "COMP_WORDS": "muse res", "COMP_CWORD": "1"}
    assert run(tmp_path, "muse", env=env).stdout == "plain,resolve\n"


def test_verify_repairs_what_can_be_worked_out_again(installed: Path, run: Run, git: Git) -> None:
    from muse.store import layout
    from muse.store.meta import deltas, writer_refs
    from muse.store.repository import Repository

    (installed / "a.keys").write_text("x = 1\n")
    assert run(installed, "muse", "commit", "-m", "two").returncode == 0
    repo = Repository(installed)
    base, tree = repo.tree_of("HEAD~1"), repo.tree_of("HEAD")
    right = deltas.load(repo, base, tree)
    assert right is not None
    writer_refs.commit_files(repo, "meta", {layout.delta_path(base, tree): b"{}"}, "damage")
    blob = git(installed, "rev-parse", "HEAD:a.keys")
    repo.content.index.add([(blob, "sha256:" + "0" * 64)])
    repo.close()
    done = run(installed, "muse", "verify", "--no-fsck")
    assert done.returncode == 1 and "muse verify --repair" in done.stderr
    assert f"deltas/{tree[:2]}/{base}-{tree}.json: " in done.stdout
    assert f"digest index:{blob}: its digest is not 000000000000\n" in done.stdout
    done = run(installed, "muse", "verify", "--repair")
    assert done.returncode == 0 and done.stdout.count(" (repaired)\n") == 2, done.stdout + done.stderr
    assert run(installed, "muse", "verify").stdout == ""
    assert deltas.load(Repository(installed), base, tree) == right
    ref = "refs/muse/log/" + "a" * 20
    git(installed, "update-ref", ref, "HEAD")
    assert run(installed, "muse", "verify", "--repair", "--no-fsck").returncode == 1, "a log is nobody's to make up"
    assert git(installed, "rev-parse", ref) == git(installed, "rev-parse", "HEAD")
