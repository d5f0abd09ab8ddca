"""A session commit, a sync and a join on push of 150 files beside those of another version, a folder by `git archive`.

    python benchmarks/session_versions.py FOLDER [--runs 3]

Milliseconds of processor time, children included, and by the clock: the lowest of the runs, which are taken in turn.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import environment, spent

FILES = 150
BODY = "".join(f"def f{number}(x):\n    return x + {number}\n\n\n" for number in range(20))
RULES = '[[rules]]\npath = "*.py"\ndimension = "*"\nstrategy = "join"\n'
Took = tuple[float, float]


class Version:
    """One version's commands in a folder of their own."""

    def __init__(self, code: Path, top: Path) -> None:
        self.top = top
        self.env = environment(top / "home")
        self.env["PYTHONPATH"] = str(code)
        programs = top / "programs"
        programs.mkdir()
        for name, module in (("muse", "muse.cli"), ("git-remote-muse", "git_remote_muse")):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
            (programs / name).chmod(0o755)
        self.env["PATH"] = f"{programs}:{self.env['PATH']}"

    def run(self, where: str, *words: str, text: str = "") -> Took:
        """What a command takes; SystemExit with its output when it fails."""
        before, start = spent(), time.perf_counter()
        done = subprocess.run(
            words, cwd=self.top / where, env=self.env, input=text.encode(), capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{words} exited with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return 1000 * (spent() - before), 1000 * (time.perf_counter() - start)

    def begin(self) -> None:
        """A server, and a clone with the files."""
        self.run(".", "git", "init", "-q", "--bare", "server")
        self.run(".", "git", "clone", "-q", "server", "a")
        for number in range(FILES):
            (self.top / "a" / f"f{number}.py").write_text(BODY)
        (self.top / "a" / ".museattributes").write_text(RULES)
        self.run("a", "git", "add", ".")
        self.run("a", "git", "commit", "-qm", "files")
        self.run("a", "git", "push", "-q", "origin", "main")

    def session(self) -> dict[str, Took]:
        """150 ops are delivered and sent."""
        self.run("a", "muse", "session", "start", "jam")
        ops = [
            {"op": "replace", "address": f"f{number}.py::f3", "content": f"def f3(x):\n    return x - {number}\n"}
            for number in range(FILES)
        ]
        lines = "".join(json.dumps({"op": op}) + "\n" for op in ops)
        appended = self.run("a", "muse", "session", "append", "jam", text=lines)
        committed = self.run("a", "muse", "session", "commit", "jam")
        if "return x - 7\n" not in (self.top / "a" / "f7.py").read_text():
            raise SystemExit("the session's edit is not in the file")
        return {
            "append of 150 ops, each checked": appended,
            "session commit of 150 files": committed,
            "sync": self.run("a", "muse", "sync"),
            "sync of nothing": self.run("a", "muse", "sync"),
        }

    def join(self) -> dict[str, Took]:
        """Two clones edit each file; the push that comes second is joined."""
        for name, number in (("b", 5), ("c", 9)):
            self.run(".", "git", "clone", "-q", f"muse::{self.top}/server", name)
            for file in (self.top / name).glob("f*.py"):
                file.write_text(file.read_text().replace(f"x + {number}\n", f"x * {number}\n"))
            self.run(name, "git", "commit", "-qam", name)
        self.run("b", "git", "push", "-q", "origin", "main")
        took = self.run("c", "git", "push", "-q", "origin", "main")
        text = subprocess.run(
            ["git", "show", "main:f7.py"], cwd=self.top / "server", capture_output=True, text=True, check=True
        )
        if not all(line in text.stdout for line in ("x * 5\n", "x * 9\n")):
            raise SystemExit("the push was not joined")
        return {"join on push of 150 files": took}


def main() -> None:
    """Print a row for each command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    trees = {"here": Path(__file__).parent.parent, "other": given.other.resolve()}
    taken: dict[str, dict[str, list[Took]]] = {}
    for _ in range(given.runs):
        for name, code in trees.items():
            with tempfile.TemporaryDirectory(prefix="muse-bench-") as folder:
                version = Version(code, Path(folder))
                version.begin()
                for what, took in (version.session() | version.join()).items():
                    taken.setdefault(what, {}).setdefault(name, []).append(took)
    for what, sides in taken.items():
        ours, theirs = ([min(column) for column in zip(*sides[name], strict=True)] for name in trees)
        print(
            f"{what:34} here {ours[0]:6.0f} (clock {ours[1]:6.0f})  "
            f"other {theirs[0]:6.0f} (clock {theirs[1]:6.0f})  {ours[0] / theirs[0]:.2f}x",
            flush=True,
        )


if __name__ == "__main__":
    main()
