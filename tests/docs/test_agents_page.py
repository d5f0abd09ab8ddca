"""docs/agents.md: its ten edits do what it says, by a pipe and by MCP, sent by an agent in another language."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import MakeRepo
from tests.session.kit import PIECE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents.md").read_text()
OPS = [line for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
SCRIPTS = {text.split()[1].rstrip(":"): text for text in re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)}
APP = "def greet(name):\n    return name\n\n\ndef count(n):\n    return n and count(n - 1)\n"
CONFIG = '{\n  "server": {"port": 80}\n}\n'
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: apt install nodejs")


@pytest.fixture
def root(make_repo: MakeRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_repo(files={"app.py": APP, "config.json": CONFIG, "song.mid": PIECE.read_bytes()})
    muse = tmp_path / "bin" / "muse"
    muse.parent.mkdir()
    muse.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m muse.cli "$@"\n')
    muse.chmod(0o755)
    monkeypatch.setenv("PATH", f"{muse.parent}{os.pathsep}{os.environ['PATH']}")
    return made


def run(root: Path, *words: str, fed: str = "") -> str:
    done = subprocess.run(words, cwd=root, input=fed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def as_promised(root: Path) -> None:
    """What the ten edits make of the repository, and nothing else."""
    assert run(root, "git", "ls-files").split() == ["app.py", "config.json", "docs/words.txt", "song.mid"]
    assert (root / "docs" / "words.txt").read_text() == "better line\n"
    space: dict[str, object] = {}
    exec((root / "app.py").read_text(), space)
    assert sorted(name for name in space if not name.startswith("__")) == ["countdown", "greet", "leave"]
    assert space["greet"]("Ada") == "Hello, Ada" and space["leave"]("Ada") == "Bye, Ada"  # type: ignore[operator]
    assert space["countdown"](3) == 0  # type: ignore[operator]
    assert json.loads((root / "config.json").read_text()) == {"server": {"port": 8080, "tls": {"on": True}}}
    import mido

    track = mido.MidiFile(root / "song.mid").tracks[1]
    first = next(message for message in track if message.type == "note_on")
    assert (first.note, first.velocity) == (74, 100)
    at = 0
    for message in track:
        at += message.time
        if message.type == "control_change":
            assert (at, message.control, message.value) == (1440, 7, 64)
            return
    raise AssertionError("the controller is not there")


def test_there_are_ten_of_five_kinds() -> None:
    assert len(OPS) == 10
    kinds = {json.loads(line)["op"]["address"].partition("::")[0].rpartition(".")[2] for line in OPS}
    assert kinds == {"txt", "py", "json", "mid"} and sum("cc_volume" in line for line in OPS) == 1


def test_by_the_commands_of_the_page(root: Path) -> None:
    shell = re.search(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert shell is not None
    (root.parent / "ops").write_text("\n".join(OPS) + "\n")
    script = shell[1].replace("< ops", "< ../ops")
    said = run(root, "sh", "-e", "-c", script)
    assert said.count('{"ack": ') == 10 and "app.py::greet" in said and "song.mid::track:1/note:1:1:0:0:74#0" in said
    as_promised(root)


@needs_node
def test_an_agent_in_javascript_by_the_pipe(root: Path) -> None:
    (root.parent / "append.mjs").write_text(SCRIPTS["append.mjs"])
    (root.parent / "ops").write_text("\n".join(OPS) + "\n")
    run(root, "muse", "session", "start", "night")
    assert run(root, "node", "../append.mjs", "../ops").split() == ["ok"] * 10
    run(root, "muse", "session", "commit", "night", "-m", "js")
    as_promised(root)


@needs_node
def test_an_agent_in_javascript_over_mcp(root: Path) -> None:
    pytest.importorskip("mcp", reason="the extra [mcp] is not installed: pip install -e '.[mcp]'")
    (root.parent / "client.mjs").write_text(SCRIPTS["client.mjs"])
    (root.parent / "ops").write_text("\n".join(OPS) + "\n")
    *told, changed = run(root, "node", "../client.mjs", "../ops").splitlines()
    assert told == ["ok"] * 10 and json.loads(changed) == ["app.py", "config.json", "docs/words.txt", "song.mid"]
    as_promised(root)


def test_every_code_of_the_intake_is_in_the_table() -> None:
    source = Path(__file__).resolve().parents[2] / "muse" / "engine" / "session"
    used = {code for path in source.glob("*.py") for code in re.findall(r'Refused\(\s*"(\w+)"', path.read_text())}
    table = set(re.findall(r"^\| `(\w+)` \|", PAGE[PAGE.index("## Answers") :], re.MULTILINE))
    assert used <= table and {"content", "storage"} <= table, used ^ table
