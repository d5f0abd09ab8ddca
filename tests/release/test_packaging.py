"""Other ways to get it (`packaging/`): container, Homebrew, pre-commit."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from muse._version import __version__
from tests.release.conftest import ROOT, install, run

pytestmark = pytest.mark.release


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions with what follows, comments and line breaks taken out."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "packaging/Containerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(line.split()[0], " ".join(line.split()[1:])) for line in lines if line.strip()]


def test_what_the_container_copies_is_all_that_the_wheel_needs(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    known = {"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions()} <= known and instructions()[0][0] == "FROM"
    source = tmp_path / "source"
    source.mkdir()
    for given in [rest.split() for name, rest in instructions() if name == "COPY"]:
        for name in given[:-1]:
            there = tmp_path / given[-1].lstrip("/")
            if (sdist / name).is_dir():
                shutil.copytree(sdist / name, there)
            else:
                shutil.copy2(sdist / name, there)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "made", cwd=source)
    (made,) = (tmp_path / "made").iterdir()
    with zipfile.ZipFile(made) as ours, zipfile.ZipFile(wheel) as released:
        assert ours.namelist() == released.namelist()
        assert [ours.read(name) for name in ours.namelist()] == [released.read(name) for name in released.namelist()]


def fetches(program: str, image: str) -> bool:
    """True when a program for containers is here, runs, and gets that image."""
    calls = ([program, "info"], [program, "pull", "-q", image])
    return shutil.which(program) is not None and not any(
        subprocess.run(words, capture_output=True, check=False, timeout=300).returncode for words in calls
    )


@pytest.mark.timeout(3000)
def test_the_container_itself(sdist: Path, tmp_path: Path) -> None:
    (image,) = [rest for name, rest in instructions() if name == "FROM"]
    program = next((name for name in ("podman", "docker") if fetches(name, image)), None)
    if program is not None:
        run(program, "build", "-q", "-f", "packaging/Containerfile", "-t", "muse-on-git:test", ".", cwd=sdist)
        assert run(program, "run", "--rm", "muse-on-git:test", "--version") == f"muse version {__version__}\n"
        return
    if os.geteuid() or not (shutil.which("buildah") and shutil.which("debootstrap")):
        pytest.skip(f"nothing gets {image} here, and buildah, debootstrap and root are not there to make one")
    said = run("sh", Path(__file__).with_name("container.sh"), sdist, tmp_path / "made")
    assert said.startswith(f"muse version {__version__}\n") and "merge driver" in said, said


def test_its_commands_for_the_whole_system(env: dict[str, str], tmp_path: Path) -> None:
    """What the Containerfile runs after `pip install`, with another file in the place of /etc/gitconfig."""
    (words,) = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    after = words.split(" && ")[2:]
    assert after[0] == "muse install --system"
    env = {**env, "GIT_CONFIG_SYSTEM": os.fspath(tmp_path / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "0"}
    for command in after:
        run("sh", "-c", command, cwd=tmp_path, **env)
    run("git", "init", "-q", "r", cwd=tmp_path, **env)
    said = run("git", "config", "--show-origin", "merge.muse.driver", cwd=tmp_path / "r", **env)
    assert os.fspath(tmp_path / "gitconfig") in said


def test_the_formula(built: Path, installed: Path) -> None:
    formula = (built / "muse-on-git.rb").read_text()
    (archive,) = built.glob("*.tar.gz")
    assert f'sha256 "{hashlib.sha256(archive.read_bytes()).hexdigest()}"' in formula
    assert f"/{archive.name}" in formula and "@" not in formula.replace("python@3.13", "")
    (names,) = re.findall(r"%w\[(.*)\]", formula)
    assert all((installed / "bin" / name).exists() for name in names.split())
    assert list((installed / "share/man/man1").glob("*.1")), "what it links as manual pages"
    if shutil.which("ruby") is None:
        pytest.skip("ruby is not here: the formula was compared, not parsed")
    assert run("ruby", "-c", built / "muse-on-git.rb") == "Syntax OK\n"


def test_the_pre_commit_hook(sdist: Path, tmp_path: Path, git_env: dict[str, str]) -> None:
    """`pre-commit try-repo` with the sdist as a repository: it installs Muse from there and runs the hook."""
    venv = install(sys.executable, tmp_path / "venv", "pre-commit")
    env = {"PRE_COMMIT_HOME": os.fspath(tmp_path / "home"), "PYTHONPATH": ""}
    hooks = Path(shutil.copytree(sdist, tmp_path / "hooks"))
    songs = tmp_path / "songs"
    for folder in (hooks, songs):
        run("git", "init", "-q", folder)
        run("git", "add", "-A", cwd=folder)
        run("git", "commit", "-q", "--allow-empty", "-m", "one", cwd=folder)
    whole = "import sys\n\n\n{0}def a():\n    return {1}\n{2}"
    ours, theirs = whole.format("", "10", ""), whole.format("", "1", "\n\ndef b():\n    return 2\n")
    (songs / "solved.py").write_text(
        f"<<<<<<< ours\n{ours}||||||| base\n{whole.format('', '1', '')}=======\n{theirs}>>>>>>> theirs\n"
    )
    (songs / "left.py").write_text("<<<<<<< ours\nx = 1\n||||||| base\nx = 0\n=======\nx = 2\n>>>>>>> theirs\n")
    run("git", "add", "-A", cwd=songs)
    words = [venv / "bin/pre-commit", "try-repo", hooks, "muse-solve", "--files"]
    said = run(*words, "solved.py", "left.py", cwd=songs, code=1, **env)
    assert "muse: solved.py: 1 conflict, 0 left" in said and "muse: left.py: 1 conflict, 1 left" in said
    assert (songs / "solved.py").read_text() == whole.format("", "10", "\n\ndef b():\n    return 2\n")
    assert "Passed" in run(*words, "solved.py", cwd=songs, **env)
