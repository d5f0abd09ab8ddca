"""The tutorial does what it says: every command is run in order and its output compared."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(text: str) -> list[tuple[str, list[str], list[str]]]:
    """(command, lines of the file it writes, expected output lines) of every console block."""
    out: list[tuple[str, list[str], list[str]]] = []
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                out.append((line[2:], [], []))
            elif line == "|" or line.startswith("| "):
                out[-1][1].append(line[2:])
            else:
                out[-1][2].append(line)
    return out


def matches(output: str, expected: list[str]) -> bool:
    """True when the output is the expected lines; `...` alone is any lines, inside a line any text."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n" for line in expected
    )
    return re.fullmatch(pattern, output if not output or output.endswith("\n") else output + "\n") is not None


@pytest.mark.needs_git(2, 38, "muse review")
def test_every_command_says_what_the_page_says(tmp_path: Path, muse_on_path: Path) -> None:
    here = tmp_path
    found = steps((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    assert len(found) > 25
    for command, written, expected in found:
        words = shlex.split(command)
        if not shutil.which("mscore3") and ("mscore3" in words or "song.mid" in words):
            print(f"not run, there is no MuseScore here: {command}")
            continue
        if words[0] == "cd":
            here = here / words[1]
        elif words[0] == "write":
            (here / words[1]).write_text("\n".join(written) + "\n", encoding="utf-8")
        else:
            done = subprocess.run(
                words,
                cwd=here,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                check=False,
            )
            said = f"$ {command}\n{done.stdout}(exit code {done.returncode}, {sys.executable})"
            assert done.returncode == (1 if words[:2] == ["git", "merge"] and "-q" not in words else 0), said
            assert matches(done.stdout, expected), said + "\nexpected:\n" + "\n".join(expected)
