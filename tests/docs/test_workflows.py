"""The hosted workflows: read as their runners read them. `tests/release/test_workflows.py` runs their steps."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.skipif(not FILES, reason="an sdist has no .github")
def test_each_is_yaml_and_each_step_does_one_thing() -> None:
    assert [file.stem for file in FILES] == ["release", "systems"]
    for file in FILES:
        jobs = yaml.safe_load(file.read_text())["jobs"]
        for name, job in jobs.items():
            assert set(job.get("needs", "").split()) <= set(jobs), name
            assert job["steps"] and all(("run" in step) != ("uses" in step) for step in job["steps"]), (file.name, name)
