"""A hosted workflow run here: each `run:` step by the shell that its runner takes, with what that sets.

What `uses:` brings is played: the checkout is a clone, a Python is an environment of that version, an artefact is a
folder. What reaches other machines (publishing, a release) is not run; `Runner.left` has the names.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.release.conftest import ROOT, run

TRUE = {"github.ref_type == 'tag'"}
FALSE = {"runner.os == 'Linux'"}  # `make test`: the suite itself


class Runner:
    """One workflow on one machine, for the tag of this version."""

    def __init__(self, name: str, folder: Path, version: str, pythons: dict[str, str]) -> None:
        self.jobs = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"]
        self.folder, self.version, self.pythons = folder, version, pythons
        self.kept = folder / "artefacts"
        self.ran: list[str] = []
        self.left: list[str] = []
        tools = folder / "tools"
        tools.mkdir()
        (tools / "gh").write_text('#!/bin/sh\necho "$@" >>"$GH_SAID"\n')
        (tools / "gh").chmod(0o755)

    def job(self, name: str, **matrix: str) -> None:
        """All steps of a job, one after the other, in a fresh checkout."""
        job = self.jobs[name]
        here = self.folder / "-".join([name, *matrix.values()])
        self.temp = here / "temp"
        self.temp.mkdir(parents=True)
        self.work = here / "work"
        self.work.mkdir()
        self.path = f"{self.folder / 'tools'}:/usr/local/bin:/usr/bin:/bin"
        given = {f"matrix.{key}": value for key, value in matrix.items()} | {"github.token": "t"}
        for step in job["steps"]:
            self._step(step, job, given)

    def _step(self, step: dict[str, Any], job: dict[str, Any], given: dict[str, str]) -> None:
        condition = step.get("if")
        assert condition in (None, *TRUE, *FALSE), condition
        if condition in FALSE:
            return
        if "uses" in step:
            self._use(step["uses"].partition("@")[0], {k: _filled(v, given) for k, v in step.get("with", {}).items()})
            return
        named = job.get("defaults", {}).get("run", {}).get("shell")
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if named == "bash" else ["bash", "-e"]
        env = {key: _filled(value, given) for key, value in step.get("env", {}).items()}
        script = _filled(step["run"], given)
        run(*shell, "-c", script, cwd=self.work, **env, **self._set())
        self.ran.append(step.get("name", script.splitlines()[0]))

    def _set(self) -> dict[str, str]:
        return {
            "PATH": self.path,
            "HOME": os.fspath(self.temp),
            "RUNNER_TEMP": os.fspath(self.temp),
            "GITHUB_REF_NAME": f"v{self.version}",
            "GITHUB_REPOSITORY": "someone/muse-on-git",
            "GH_SAID": os.fspath(self.folder / "gh.txt"),
            "PYTHONPATH": "",
            "CI": "true",
        }

    def _use(self, action: str, given: dict[str, str]) -> None:
        if action == "actions/checkout":
            run("git", "clone", "-q", ROOT, self.work)
        elif action == "actions/setup-python":
            run(self.pythons[given["python-version"]], "-m", "venv", self.temp / "python", PYTHONPATH="")
            self.path = f"{self.temp / 'python/bin'}:{self.path}"
        elif action == "actions/upload-artifact":
            shutil.copytree(self.work / given["path"], self.kept / given["name"])
        elif action == "actions/download-artifact":
            shutil.copytree(self.kept / given["name"], self.work / given["path"], dirs_exist_ok=True)
        else:
            self.left.append(action)


def _filled(text: str, given: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: given[found[1]], text)
