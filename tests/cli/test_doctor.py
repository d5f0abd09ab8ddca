"""`muse doctor`: each thing that can be wrong is found, and the command it prints mends it when it is typed."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest


def doctor(repo):
    """Findings by check."""
    done = subprocess.run(["muse", "doctor", "--json"], cwd=repo, capture_output=True, text=True, check=False)
    rows = json.loads(done.stdout)
    assert done.returncode == int(any(row["state"] == "bad" for row in rows)) and "Traceback" not in done.stderr
    return rows


def wrong(repo):
    """What is not as it should be, but for what this machine lacks."""
    return [row for row in doctor(repo) if row["state"] != "ok" and row["check"] not in ("git", "manual")]


def no_attributes(repo, git):
    (repo / ".git/info/attributes").unlink()


def some_attributes(repo, git):
    path = repo / ".git/info/attributes"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("*.mid ")))


def a_driver_that_is_gone(repo, git):
    git(repo, "config", "merge.muse.driver", "/nowhere/muse-merge-driver %O %A %B %P")


def no_driver(repo, git):
    git(repo, "config", "--remove-section", "merge.muse")


def stale_records(repo, git):
    git(repo, "merge", "feature", check=False)
    git(repo, "checkout", "--ours", "p.py")
    git(repo, "add", "p.py")
    git(repo, "commit", "-q", "-m", "by hand, without Muse")


def damaged_delta(repo, git):
    from muse.store import layout
    from muse.store.meta import deltas, writer_refs
    from muse.store.repository import Repository

    here = Repository(repo)
    base, tree = here.tree_of("HEAD~1"), here.tree_of("HEAD")
    deltas.save(here, base, tree, {"domain": "files", "ops": [], "summary": ""})
    writer_refs.commit_files(here, "meta", {layout.delta_path(base, tree): b"{}"}, "damage")
    here.close()
    git(repo, "update-ref", "refs/muse/meta/" + "c" * 20, "HEAD")


DAMAGE = [  # what is done, the check that finds it, its state, the command it prints
    (no_driver, "drivers", "bad", "muse install"),
    (a_driver_that_is_gone, "driver", "bad", "muse install"),
    (no_attributes, "attributes", "bad", "muse install"),
    (some_attributes, "attributes", "note", "muse install"),
    (stale_records, "conflicts", "note", "muse conflicts"),
]


@pytest.fixture
def sound(forked, muse_on_path, git):
    subprocess.run(["muse", "install"], cwd=forked, check=True, capture_output=True)
    assert wrong(forked) == []
    return forked


@pytest.mark.parametrize(("damage", "check", "state", "mend"), DAMAGE, ids=[row[0].__name__ for row in DAMAGE])
def test_the_printed_command_mends_it(damage, check, state, mend, sound, git):
    damage(sound, git)
    (found,) = [row for row in wrong(sound) if row["check"] == check]
    assert found["state"] == state and found["mend"].endswith(mend), found
    command = found["mend"].partition(" && ")[2] or found["mend"]  # `pipx install ...` is not for a test to run
    done = subprocess.run(["sh", "-c", command], cwd=sound, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert wrong(sound) == []


def test_what_no_command_mends_is_named(sound, git, monkeypatch, tmp_path):
    damaged_delta(sound, git)
    rows = [row for row in wrong(sound) if row["check"] == "metadata"]
    assert rows and all(row["state"] == "bad" and row["mend"] == "muse verify --repair" for row in rows)
    git(sound, "remote", "add", "origin", "muse::/nowhere")
    lean = tmp_path / "lean"  # Git and the essentials, without git-remote-muse
    lean.mkdir()
    for name in ("git", "sh", "muse", "muse-merge-driver"):
        found = shutil.which(name)
        assert found is not None
        (lean / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(lean))
    (row,) = [row for row in doctor(sound) if row["check"] == "remote helper"]
    assert row["state"] == "bad" and row["mend"] == "pipx ensurepath"
    (row,) = [row for row in doctor(sound) if row["check"] == "manual"]
    assert row["mend"] == "muse help" and "there is no man program" in row["text"]


def test_git_that_is_missing_or_too_old(sound, tmp_path, monkeypatch):
    monkeypatch.chdir(sound)
    for said, text in (("", "git cannot be run"), ("echo git version 2.20.1", "git version 2.20.1 is too old")):
        folder = tmp_path / (said[:4] or "none")
        folder.mkdir()
        if said:
            (folder / "git").write_text(f"#!/bin/sh\n{said}\n")
            (folder / "git").chmod(0o755)
        from muse.engine.setup import doctor as checkup

        monkeypatch.setenv("PATH", str(folder))
        (found,) = checkup.check_git()
        assert found.state == "bad" and found.text.startswith(text) and found.mend == "install Git 2.34 or newer"
