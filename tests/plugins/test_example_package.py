"""The example domain as a third party has it: a package of its own, found through its entry point by every door."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "scoresheet"
BASE = "name,round 1,round 2,final\nAda,7,8,\nBo,6,9,\nCy,5,5,\n"
OURS = BASE.replace("Ada,7,8,", "Ada,7,8,9").replace("Cy,5,5,", "Cy,5,6,")
THEIRS = BASE.replace("Ada,7,8,", "Ada,7.5,8,").replace("Cy,5,5,\n", "Cy,5,5,4\nDi,9,9,9\n")
MERGED = "name,round 1,round 2,final\nAda,7.5,8,9\nBo,6,9,\nCy,5,6,4\nDi,9,9,9\n"

Git = Callable[..., str]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def repo(run: Run, make_repo: Callable[..., Path]) -> Path:
    root = make_repo(files={"day1.score.csv": BASE})
    done = run(root, "muse", "install", "--local")
    assert done.returncode == 0, done.stderr
    return root


def fork(git: Git, commit: Callable[..., str], repo: Path, ours: str, theirs: str) -> None:
    git(repo, "switch", "-q", "-c", "topic")
    commit(repo, {"day1.score.csv": theirs}, "theirs")
    git(repo, "switch", "-q", "main")
    commit(repo, {"day1.score.csv": ours}, "ours")


def test_the_registry_and_the_command_line_know_it(repo: Path, run: Run) -> None:
    done = run(repo, "muse", "domains", "--json")
    assert done.returncode == 0, done.stderr
    assert "scoresheet" in json.dumps(json.loads(done.stdout)) and "*.score.csv" in done.stdout
    attribute = run(repo, "git", "check-attr", "merge", "day1.score.csv")
    assert attribute.stdout == "day1.score.csv: merge: muse\n"


def test_git_merge_merges_cell_by_cell(repo: Path, run: Run, git: Git, commit: Callable[..., str]) -> None:
    fork(git, commit, repo, OURS, THEIRS)
    done = run(repo, "git", "merge", "--no-edit", "topic")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (repo / "day1.score.csv").read_text() == MERGED
    assert git(repo, "status", "--porcelain") == ""


def test_one_cell_changed_twice_is_named_and_settled(
    repo: Path, run: Run, git: Git, commit: Callable[..., str]
) -> None:
    fork(git, commit, repo, BASE.replace("Bo,6,", "Bo,7,"), THEIRS.replace("Bo,6,", "Bo,8,"))
    assert run(repo, "git", "merge", "--no-edit", "topic").returncode == 1
    assert "Bo,7," in (repo / "day1.score.csv").read_text()
    told = run(repo, "muse", "conflicts", "--json")
    assert "Bo/round 1" in told.stdout and "day1.score.csv" in told.stdout
    done = run(repo, "muse", "resolve", "day1.score.csv", "--pick", "Bo/round 1=theirs")
    assert done.returncode == 0, done.stderr
    assert (repo / "day1.score.csv").read_text() == THEIRS.replace("Bo,6,", "Bo,8,")


def test_the_readme_names_commands_that_exist() -> None:
    verbs = set(re.findall(r"^    muse (\w+)", (EXAMPLE / "README.md").read_text(), re.MULTILINE))
    from muse.cli.verbs import VERBS

    assert verbs and verbs <= VERBS.keys()


IN_PROCESS = """
import json, sys
from muse.core import content
from muse.domain import MuseDomainPlugin, SnapshotManifest, StructuredMergePlugin
from muse.plugins import registry
plugin = registry.plugin_for_path("x.score.csv")
assert isinstance(plugin, MuseDomainPlugin) and isinstance(plugin, StructuredMergePlugin)
base, ours, theirs = json.load(sys.stdin)
with content.using(content.MemoryContent()) as store:
    snaps = [SnapshotManifest(files={"x.score.csv": store.put(side.encode())}, domain="scoresheet")
             for side in (base, ours, theirs)]
    deltas = [plugin.diff(snaps[0], side) for side in snaps[1:]]
    merged = plugin.merge_ops(*snaps, deltas[0]["ops"], deltas[1]["ops"])
    replayed = []
    for delta in deltas:
        for op in delta["ops"]:
            del op["new_content_id"]
        replayed.append(store.get(plugin.apply(delta, snaps[0])["files"]["x.score.csv"]).decode())
    print(json.dumps({"domain": registry.domain_for_path("x.score.csv"), "clean": merged.is_clean,
                      "merged": store.get(merged.merged["files"]["x.score.csv"]).decode(), "replayed": replayed,
                      "children": [op["child_ops"] for op in deltas[0]["ops"]],
                      "kinds": registry.schema_for("scoresheet")["top_level"]["kind"]}))
"""


def test_every_protocol_method_in_a_fresh_process(installed: None, tmp_path: Path) -> None:
    import sys

    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESS],
        input=json.dumps([BASE, OURS, THEIRS]),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    told = json.loads(done.stdout)
    assert told["domain"] == "scoresheet" and told["kinds"] == "map"
    assert told["clean"] and told["merged"] == MERGED and told["replayed"] == [OURS, THEIRS]
    cells = [[op["address"] for op in row["child_ops"]] for row in told["children"][0]]
    assert cells == [["x.score.csv/Ada/final"], ["x.score.csv/Cy/round 2"]]
