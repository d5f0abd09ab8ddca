"""Install, uninstall, doctor, init and clone: what they write, and that they take it back byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine.setup import install as setup
from muse.engine.setup import tables
from muse.plugins import registry

Git = Callable[..., str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., str]
MakeRepo = Callable[..., Path]


def state(*files: Path) -> dict[Path, bytes | None]:
    return {file: file.read_bytes() if file.exists() else None for file in files}


CASES = {
    "as git made it": ("[core]\n\tbare = false\n", None),
    "no newline at the end": ("[core]\n\tbare = false", "*.x merge=union"),
    "with others' lines": ("[core]\n\tbare = false\n# mine\n[alias]\n\tx = y\n", "# mine\n*.py text\n\n"),
    "CRLF": ("[core]\r\n\tbare = false\r\n", "*.py text\r\n"),
    "empty attributes": ("[core]\n\tbare = false\n", ""),
    "bytes that are not UTF-8": ("[core]\n\tbare = false\n# \udce9\n", "# \udce9\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_uninstall_gives_back_the_files_as_they_were(case: str, make_repo: MakeRepo, run: Run) -> None:
    root = make_repo("repo", {"a": "1"})
    files = root / ".git/config", root / ".git/info/attributes", root / ".git/info/exclude", root / ".gitattributes"
    for file, text in zip(files, CASES[case]):
        if text is not None:
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = state(*files)
    for flags in ([], ["--attributes=tracked"]):
        assert run(root, "muse", "install", *flags).returncode == 0
        installed = state(*files)
        assert installed != before
        again = run(root, "muse", "install", *flags)
        assert "nothing to change" in again.stderr and state(*files) == installed
        assert run(root, "muse", "uninstall", *flags).returncode == 0
        assert state(*files) == before
    assert "nothing of ours" in run(root, "muse", "uninstall").stderr


def test_lines_that_others_add_meanwhile_stay(make_repo: MakeRepo, run: Run, git: Git) -> None:
    root = make_repo("repo", {"a": "1"})
    run(root, "muse", "install")
    git(root, "config", "alias.later", "log")
    with (root / ".git/info/attributes").open("a") as file:
        file.write("*.later text\n")
    run(root, "muse", "uninstall")
    assert git(root, "config", "alias.later") == "log"
    assert (root / ".git/info/attributes").read_text() == "*.later text\n"
    assert git(root, "config", "--get-regexp", "muse", check=False) == ""


@pytest.mark.parametrize("scope", ["global", "system"])
def test_for_every_repository(
    scope: str, make_repo: MakeRepo, run: Run, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scope == "system":
        monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "etc-gitconfig"))
        monkeypatch.delenv("GIT_CONFIG_NOSYSTEM")
    root = make_repo("repo", {"a.py": "1\n"})
    before = (root / ".git/config").read_bytes()
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    assert run(outside, "muse", "install", f"--{scope}").returncode == 0
    assert git(root, "check-attr", "merge", "a.py", "b.MID").splitlines() == ["a.py: merge: muse", "b.MID: merge: muse"]
    assert "muse-merge-driver" in git(root, "config", f"--{scope}", "merge.muse.driver")
    assert (root / ".git/config").read_bytes() == before
    assert run(outside, "muse", "uninstall", f"--{scope}").returncode == 0
    assert git(root, "check-attr", "merge", "a.py") == "a.py: merge: unspecified"


def test_a_linked_configuration_stays_a_link(make_repo: MakeRepo, run: Run, git_env: dict[str, str]) -> None:
    home = Path(git_env["HOME"])
    (home / "dotfiles").mkdir()
    (home / ".gitconfig").rename(home / "dotfiles/gitconfig")
    (home / ".gitconfig").symlink_to("dotfiles/gitconfig")
    assert run(make_repo("repo", {"a": "1"}), "muse", "install", "--global").returncode == 0
    assert (home / ".gitconfig").is_symlink()
    assert "muse-merge-driver" in (home / "dotfiles/gitconfig").read_text()


def test_what_a_project_says_about_a_diff_keeps_its_weight(make_repo: MakeRepo, run: Run, git: Git) -> None:
    """info/attributes outranks .gitattributes, so the project's words on diffs are repeated after ours.

    Those on merging are looked up when a file is merged: see test_owners.py.
    """
    text = 'lock.json -diff merge=binary\n*.py text\n*.mid binary\n"a b.py" diff=java merge=union\n'
    root = make_repo("repo", {".gitattributes": text})
    run(root, "muse", "install")
    said = git(root, "check-attr", "diff", "--", "lock.json", "a.py", "x.mid", "x.json", "a b.py")
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == [
        "unset",
        "python",
        "unset",
        "unspecified",
        "java",
    ]


def test_lines_of_a_tracked_file_outrank_ours(make_repo: MakeRepo, run: Run, git: Git) -> None:
    """Ours come first in the file, wherever an older version of Muse had put them."""
    root = make_repo("repo", {".gitattributes": "*.json merge=union\n*.mid -text"})
    before = (root / ".gitattributes").read_bytes()
    run(root, "muse", "install", "--attributes=tracked")
    text = (root / ".gitattributes").read_text()
    assert text.startswith(setup.BEGIN) and text.endswith(setup.END + "\n*.json merge=union\n*.mid -text")
    assert git(root, "check-attr", "merge", "a.json", "a.py").splitlines() == [
        "a.json: merge: union",
        "a.py: merge: muse",
    ]
    block = text.removesuffix("*.json merge=union\n*.mid -text")
    old = "*.json merge=union\n*.mid -text\n" + block.replace(setup.BEGIN, setup.BEGIN + setup.NO_NEWLINE)
    (root / ".gitattributes").write_text(old)
    run(root, "muse", "install", "--attributes=tracked")
    assert (root / ".gitattributes").read_text() == text
    run(root, "muse", "uninstall", "--attributes=tracked")
    assert (root / ".gitattributes").read_bytes() == before


LINKS = {
    ".gitattributes": ["--attributes=tracked"],
    ".git/info/attributes": [],
    ".git/config": [],
    ".git/info": [],
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_leads_out_of_the_repository_is_not_followed(
    name: str, make_repo: MakeRepo, run: Run, tmp_path: Path
) -> None:
    root = make_repo("repo", {"a": "1"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes((root / ".git/config").read_bytes())
    if name == ".git/info":
        shutil.rmtree(root / name)
    else:
        (root / name).unlink(missing_ok=True)
    (root / name).symlink_to(outside if name == ".git/info" else outside / "file")
    before = {file.name: file.read_bytes() for file in outside.iterdir()}
    done = run(root, "muse", "install", *LINKS[name])
    assert done.returncode == 128 and "is a link that leads out of the repository\nhint: " in done.stderr
    assert {file.name: file.read_bytes() for file in outside.iterdir()} == before
    assert "muse" not in (root / ".git/config").read_text()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="giving a folder away takes root")
def test_a_repository_that_git_does_not_trust_is_left_alone(make_repo: MakeRepo, run: Run, git: Git) -> None:
    root = make_repo("some repo", {"a": "1"})
    before = (root / ".git/config").read_bytes()
    for file in (root, root / ".git"):
        os.chown(file, 12345, 12345)
    for verb in ("install", "uninstall"):
        done = run(root, "muse", verb)
        assert done.returncode == 128
        assert done.stderr == (
            f"muse: git does not trust {root}: it belongs to somebody else\n"
            f"hint: git config --global --add safe.directory '{root}'\n"
        )
    assert (root / ".git/config").read_bytes() == before
    git(root.parent, "config", "--global", "--add", "safe.directory", str(root))
    assert run(root, "muse", "install").returncode == 0


def test_a_locked_configuration_is_a_clear_error(make_repo: MakeRepo, run: Run) -> None:
    root = make_repo("repo", {"a": "1"})
    (root / ".git/config.lock").touch()
    before = state(root / ".git/config", root / ".git/info/attributes")
    done = run(root, "muse", "install")
    assert done.returncode == 128
    assert done.stderr.startswith(f"muse: {root}/.git/config is locked by another process\nhint: ")
    assert state(root / ".git/config", root / ".git/info/attributes") == before


def test_a_block_that_lost_its_end_is_not_guessed_at(make_repo: MakeRepo, run: Run) -> None:
    root = make_repo("repo", {"a": "1"})
    run(root, "muse", "install")
    config = root / ".git/config"
    config.write_text(config.read_text().replace(setup.END, "") + "[user]\n\tname = me\n")
    before = config.read_bytes()
    done = run(root, "muse", "uninstall")
    assert done.returncode == 128 and "has lost its last line" in done.stderr
    assert config.read_bytes() == before


def test_outside_of_a_repository(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "muse", "install")
    assert (done.returncode, done.stderr) == (
        128,
        "muse: not in a git repository\nhint: go into one, or: muse install --global\n",
    )


def test_in_a_bare_repository_and_a_linked_worktree(
    make_repo: MakeRepo, run: Run, git: Git, linked_worktree: Callable[..., Path]
) -> None:
    bare = make_repo("server.git", bare=True)
    assert run(bare, "muse", "install").returncode == 0
    assert "muse-merge-driver" in git(bare, "config", "merge.muse.driver")
    assert (bare / "info/attributes").read_text().startswith(setup.BEGIN)
    root = make_repo("repo", {"a.py": "1\n"})
    linked = linked_worktree(root)
    assert run(linked, "muse", "install").returncode == 0
    assert git(root, "check-attr", "merge", "a.py") == "a.py: merge: muse"


def test_every_value_survives_gits_own_reading(make_repo: MakeRepo, run: Run, git: Git) -> None:
    root = make_repo("repo", {"a": "1"})
    folder = '/opt/it\'s 100% "odd"; $(x) \\ here'
    setup.install(setup.places(root), registry.claimed_patterns(), program_dir=folder)
    for head, name, key, value in tables.settings(folder):
        assert git(root, "config", f"{head}.{name}.{key}") == value.rstrip("\n")


def test_no_value_breaks_a_program_that_reads_the_configuration_by_lines(
    make_repo: MakeRepo, run: Run, git: Git
) -> None:
    """git-filter-repo reads `git config --list` and splits each line at its first `=`."""
    root = make_repo("repo", {"a": "1"})
    assert run(root, "muse", "install").returncode == 0
    lines = git(root, "config", "--list").splitlines()
    assert [line for line in lines if "=" not in line] == []
    assert len(lines) == len(git(root, "config", "--list", "-z").rstrip("\0").split("\0"))


ONLY = {
    "midi": {"a.py": "unspecified", "b.MID": "muse", "c.json": "unspecified"},
    "music": {"a.py": "unspecified", "b.MID": "muse", "c.json": "unspecified"},
    "code": {"a.py": "muse", "b.MID": "unspecified", "c.json": "muse"},
}


@pytest.mark.parametrize("domain", ONLY)
def test_only_one_domain(domain: str, make_repo: MakeRepo, run: Run, git: Git) -> None:
    root = make_repo("repo", {"a": "1"})
    done = run(root, "muse", "install", "--only", domain)
    assert done.returncode == 0 and f"now know: {domain.replace('music', 'midi')}\nnext: " in done.stderr
    said = git(root, "check-attr", "merge", "--", *ONLY[domain]).splitlines()
    assert said == [f"{path}: merge: {value}" for path, value in ONLY[domain].items()]
    assert ("diff.muse-midi.textconv" in git(root, "config", "--list")) is (domain != "code")
    assert ("diff.muse-javascript.xfuncname" in git(root, "config", "--list")) is (domain == "code")
    done = run(root, "muse", "doctor")
    assert done.returncode == 0 and "Git does not use" not in done.stdout  # what was chosen is no fault
    assert run(root, "muse", "install").returncode == 0
    assert git(root, "check-attr", "merge", "--", "a.py", "b.MID").count(": muse") == 2


def test_only_a_domain_there_is(make_repo: MakeRepo, run: Run) -> None:
    root = make_repo("repo", {"a": "1"})
    before = state(root / ".git/config", root / ".git/info/attributes")
    done = run(root, "muse", "install", "--only", "midy")
    assert (done.returncode, done.stderr) == (
        128,
        "muse: no domain 'midy' claims file types\nhint: one of: code, daw, midi, score\n",
    )
    assert state(root / ".git/config", root / ".git/info/attributes") == before


def test_the_programs_are_found_where_they_were_installed(
    make_repo: MakeRepo, git: Git, programs: Path, commit: Commit, git_env: dict[str, str], tmp_path: Path
) -> None:
    """Not on PATH, in a folder whose name has a quote, a space and a percent sign: Git's own PATH is enough."""
    odd = tmp_path / "it's 100% ours"
    shutil.copytree(programs, odd)
    root = make_repo("repo", {"a.py": "x = 1\ny = 2\n"})
    setup.install(setup.places(root), {"code": ("*.py",), "midi": ("*.mid",)}, program_dir=str(odd))
    git(root, "switch", "-q", "-c", "topic")
    commit(root, {"a.py": "x = 1\ny = 3\n"})
    git(root, "switch", "-q", "main")
    commit(root, {"a.py": "x = 1\ny = 4\n"})
    done = subprocess.run(["git", "merge", "topic"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "missing or broken" not in done.stderr
    assert (root / ".git/muse/conflicts/a.py.json").exists()


def test_doctor_of_a_healthy_repository(installed: Path, run: Run, git: Git) -> None:
    before = state(*sorted(path for path in (installed / ".git").rglob("*") if path.is_file()))
    done = run(installed, "muse", "doctor")
    assert done.returncode == 0, done.stdout
    for line in (
        "the merge driver is configured",
        "the merge driver runs",
        "nothing is left to settle",
        "file types are merged through us",
    ):
        assert line in done.stdout
    assert state(*before) == before  # looking changes nothing


def broken_driver(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    config = root / ".git/config"
    text = config.read_text().replace("r muse-merge-driver;", "r muse-merge-nothing;")
    config.write_text(text.replace("from muse.drivers.merge import", "from muse.drivers.nothing import"))


def no_drivers(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    config = root / ".git/config"
    config.write_text(config.read_text().replace('[merge "muse"]', '[merge "other"]'))


def no_attributes(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    (root / ".git/info/attributes").unlink()


def broken_plugin(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    (tmp_path / "site/keys_plugin.py").write_text("import nothing_like_that\n")


def stale_record(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    (root / ".git/muse/conflicts").mkdir(parents=True)
    (root / ".git/muse/conflicts/a.json").write_text(
        json.dumps(
            {
                "format": 1,
                "path": "gone.py",
                "inputs": {},
                "written": None,
                "labels": {},
                "marker_size": 7,
                "style": "merge",
                "picks": {},
                "conflicts": [],
                "notes": [],
            }
        )
    )


def copied(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    from muse.store.repository import Repository
    from muse.store.writer import writer_id

    writer_id(Repository(root))
    file = root / ".git/muse/writer.json"
    file.write_text(file.read_text().replace(str(root), "/where/it/was/before"))


def unpushed(root: Path, tmp_path: Path, git: Git, commit: Commit) -> None:
    git(root, "remote", "add", "origin", "../server.git")
    git(root, "update-ref", "refs/muse/log/" + "a" * 20, "HEAD")


ILLS: dict[str, tuple[Callable[..., None], str, str, str]] = {
    "driver does not run": (
        broken_driver,
        "bad",
        "the merge driver does not run",
        "pipx install --force muse-on-git && muse install",
    ),
    "not installed": (no_drivers, "bad", "Git knows no merge driver of ours here", "muse install"),
    "attributes missing": (no_attributes, "bad", "Git does not use our merge driver for", "muse install"),
    "broken plugin": (broken_plugin, "bad", "the plugin of domain 'keys' cannot be loaded", "pip uninstall it"),
    "stale record": (stale_record, "note", "records of settled conflicts are left: gone.py", "muse conflicts"),
    "copied folder": (copied, "note", "this folder was copied or moved", "muse sync"),
    "not pushed": (unpushed, "note", "origin, as last seen, does not have what was written here", "muse sync origin"),
}


@pytest.mark.parametrize("ill", ILLS)
def test_doctor_finds_it_and_says_what_mends_it(
    ill: str, installed: Path, run: Run, git: Git, commit: Commit, tmp_path: Path
) -> None:
    spoil, state_, text, mend = ILLS[ill]
    spoil(installed, tmp_path, git, commit)
    done = run(installed, "muse", "doctor", "--json")
    found = [finding for finding in json.loads(done.stdout) if finding["text"].startswith(text)]
    assert [(finding["state"], finding["mend"]) for finding in found] == [(state_, mend)], done.stdout
    assert done.returncode == (1 if any(f["state"] == "bad" for f in json.loads(done.stdout)) else 0)


def test_doctor_outside_of_a_repository(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "muse", "doctor")
    assert done.returncode == 0 and "not in a git repository" in done.stdout


def test_init(run: Run, git: Git, tmp_path: Path) -> None:
    done = run(tmp_path, "muse", "init", "-b", "trunk", "new folder")
    assert done.returncode == 0, done.stderr
    root = tmp_path / "new folder"
    assert git(root, "symbolic-ref", "HEAD") == "refs/heads/trunk"
    assert git(root, "check-attr", "merge", "x.mid") == "x.mid: merge: muse"
    (root / ".muse").mkdir()
    (root / ".muse/config.toml").write_text("")
    assert git(root, "status", "--porcelain") == ""


def test_init_in_an_existing_repository_touches_no_content(make_repo: MakeRepo, run: Run, git: Git) -> None:
    root = make_repo("repo", {"a": "1\n"})
    (root / "a").write_text("2\n")
    (root / "b").write_text("new\n")
    git(root, "add", "b")
    before = git(root, "status", "--porcelain"), git(root, "log", "--format=%H")
    assert run(root, "muse", "init").returncode == 0
    assert (git(root, "status", "--porcelain"), git(root, "log", "--format=%H")) == before
    assert (root / "a").read_text() == "2\n"


def test_init_says_what_git_says(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, "muse", "init", "file")
    assert done.returncode == 128 and done.stderr.splitlines()[-1] == "muse: git init failed (128)"


@pytest.mark.parametrize("extra", [[], ["--bare"], ["-b", "topic", "--depth", "1"]])
def test_clone(extra: list[str], make_repo: MakeRepo, run: Run, git: Git, commit: Commit, tmp_path: Path) -> None:
    root = make_repo("a source", {"a.py": "1\n"})
    git(root, "branch", "topic")
    done = run(tmp_path, "muse", "clone", *extra, "a source", "the clone")
    assert done.returncode == 0, done.stderr
    clone = tmp_path / "the clone"
    assert git(clone, "rev-parse", "HEAD") == git(root, "rev-parse", "HEAD")
    assert "muse-merge-driver" in git(clone, "config", "merge.muse.driver")
    if "--bare" not in extra:
        assert git(clone, "check-attr", "merge", "a.py") == "a.py: merge: muse"
        assert git(clone, "status", "--porcelain") == ""


def test_clone_names_the_folder_as_git_does(make_repo: MakeRepo, run: Run, tmp_path: Path) -> None:
    make_repo("source.git", bare=True)
    target = tmp_path / "here"
    target.mkdir()
    assert run(target, "muse", "clone", "-q", str(tmp_path / "source.git/")).returncode == 0
    assert (target / "source/.git/info/attributes").exists()


def test_clone_of_nothing_fails_as_git_does(run: Run, tmp_path: Path) -> None:
    done = run(tmp_path, "muse", "clone", "nowhere")
    assert done.returncode == 128 and "Traceback" not in done.stderr
    assert not (tmp_path / "nowhere").exists()
