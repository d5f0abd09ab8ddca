"""The main job beside Git: clone, status, commit, snapshot; and the driver beside a bare start of the interpreter.

python benchmarks/main_job.py            (MUSE_BENCH_RUNS=7, MUSE_BENCH_FILES=10000)
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "examples" / "demo"))
import pieces
from made_scores import musicxml
from timing import RUNS, bare_start, environment, header, interleaved, once, row

FILES = int(os.environ.get("MUSE_BENCH_FILES", "10000"))
Env = dict[str, str]
Sides = tuple[bytes, bytes, bytes]
_serial = itertools.count()


def fill(folder: Path, count: int) -> None:
    """Small text files, a hundred to a folder, with a score and a program here and there."""
    for number in range(count):
        place = folder / f"d{number // 100:03}"
        place.mkdir(parents=True, exist_ok=True)
        if number % 100 == 0:
            (place / f"f{number}.mid").write_bytes(pieces.minuet(velocities={number // 100 % 60: 50}))
        elif number % 10 == 0:
            (place / f"f{number}.py").write_text(f"def f{number}(x):\n    return x + {number}\n")
        else:
            (place / f"f{number}.txt").write_text(f"file {number}\n" * 20)


def repository(top: Path, name: str, env: Env, tool: str = "git") -> Path:
    """A repository with FILES committed files."""
    repo = top / name
    once(["git", "init", "-q", str(repo)], top, env)
    fill(repo, FILES)
    if tool == "muse":
        once(["muse", "install", "--local"], repo, env)
    once(["git", "add", "-A"], repo, env)
    once(["git", "commit", "-q", "-m", "all"], repo, env)
    return repo


def change(repo: Path, count: int) -> None:
    """New text in `count` files, never the same twice."""
    stamp = next(_serial)
    for number in range(1, 1 + count):
        (repo / f"d{number:03}" / f"f{number * 100 + 1}.txt").write_text(f"changed {stamp}\n")


def snapshot(top: Path, env: Env, command: list[str]) -> float:
    """Seconds to commit FILES new files."""
    repo = top / f"snap{next(_serial)}"
    once(["git", "init", "-q", str(repo)], top, env)
    fill(repo, FILES)
    took = once(command, repo, env)
    shutil.rmtree(repo)
    return took


def clone(top: Path, env: Env, command: list[str]) -> float:
    """Seconds to clone the server into a new folder, which is removed again."""
    target = top / f"clone{next(_serial)}"
    took = once([*command, str(target)], top, env)
    shutil.rmtree(target)
    return took


def clones(top: Path, env: Env, start: float) -> None:
    """Clones with and without metadata, beside Git's over the same protocol."""
    got = interleaved(
        {
            "muse": lambda: clone(top, env, ["git", "-c", "muse.metadata=false", "clone", "-q", "muse::server"]),
            "full": lambda: clone(top, env, ["git", "clone", "-q", "muse::server"]),
            "git": lambda: clone(top, env, ["git", "clone", "-q", "--no-local", "server"]),
            "ls": lambda: once(["git", "ls-remote", "server"], top, env),
            "fetch": lambda: once(["git", "-C", "plain", "fetch", "-q", "../server"], top, env),
        }
    )
    row("clone, metadata off", got["muse"], got["git"], "1.05x + S", 1.05 * got["git"] + start)
    row(
        "clone, with metadata",
        got["full"],
        got["git"],
        "1.05x + S + ls-remote + fetch",
        1.05 * got["git"] + start + got["ls"] + got["fetch"],
    )


def beside_git(top: Path, env: Env, start: float) -> None:
    """Clone, status, commit and snapshot, interleaved with Git doing the same."""
    header("git")
    plain, ours = repository(top, "plain", env), repository(top, "ours", env, "muse")
    once(["git", "clone", "-q", "--bare", str(plain), "server"], top, env)
    clones(top, env, start)
    got = interleaved(
        {"muse": lambda: once(["muse", "status"], ours, env), "git": lambda: once(["git", "status"], plain, env)}
    )
    row(f"status, nothing changed of {FILES}", got["muse"], got["git"], "2x + S + 60 ms", 2 * got["git"] + start + 0.06)

    def commit(repo: Path, command: list[str]) -> float:
        change(repo, 10)
        return once(command, repo, env)

    got = interleaved(
        {
            "muse": lambda: commit(ours, ["muse", "commit", "-m", "x"]),
            "git": lambda: commit(plain, ["git", "commit", "-q", "-a", "-m", "x"]),
        }
    )
    row(f"commit, 10 changed of {FILES}", got["muse"], got["git"], "3x + S + 60 ms", 3 * got["git"] + start + 0.06)
    got = interleaved(
        {
            "muse": lambda: snapshot(top, env, ["muse", "commit", "-m", "all"]),
            "git": lambda: snapshot(top, env, ["sh", "-c", "git add -A && git commit -q -m all"]),
        },
        max(3, RUNS // 2),
    )
    row(f"commit of {FILES} new files", got["muse"], got["git"], "1.5x", 1.5 * got["git"])


def program(edit: str = "", extra: str = "", at: int = 180) -> bytes:
    """A Python file of 2,000 lines; `edit` goes into the body of function `at`, `extra` behind it."""
    out = []
    for number in range(400):
        body, behind = (edit, extra) if number == at else ("", "")
        out.append(f"def f{number}(a, b):\n    c = a + b\n    d = c * {number}\n{body}    return d\n\n{behind}")
    return "".join(out).encode()


def many_notes(count: int, changed: dict[int, int]) -> bytes:
    """One track of `count` notes; `changed` maps an index to a velocity."""
    part = [(i * 120, 100, 36 + i % 60, changed.get(i, 64 + i % 40)) for i in range(count)]
    track = pieces._part("Many", 0, 0, part, [])
    return b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, 1]) + pieces.PPQ.to_bytes(2, "big") + track


def driver_cases() -> dict[str, tuple[str, Sides, int, int]]:
    """name -> path, (base, ours, theirs), exit code, milliseconds allowed above S."""
    base, ours = program(), program("    d += 1\n", "def mine():\n    return 1\n\n")
    clash, apart = program("    d += 2\n", "def yours():\n    return 2\n\n"), program("    d += 3\n", at=300)
    score, louder, softer = pieces.minuet(), pieces.minuet(velocities={3: 100}), pieces.minuet(velocities={9: 40})
    many = (many_notes(10000, {}), many_notes(10000, {50: 1}), many_notes(10000, {9000: 2}))
    sheets = {
        size: (musicxml(*size, {}), musicxml(*size, {3: "A"}), musicxml(*size, {size[0] - 3: "B"}))
        for size in ((16, 2), (2000, 4))
    }
    return {
        "driver, one side unchanged": ("a.py", (base, base, ours), 0, 20),
        "driver, Python 2,000 lines, text-clean": ("a.py", (base, ours, apart), 0, 80),
        "driver, Python 2,000 lines, conflicted": ("a.py", (base, ours, clash), 1, 65),
        "driver, small score, both sides": ("a.mid", (score, louder, softer), 0, 45),
        "driver, 10,000 notes": ("a.mid", many, 0, 1000),
        "driver, small MusicXML score": ("a.musicxml", sheets[16, 2], 0, 60),
        "driver, MusicXML score of 200 pages": ("a.musicxml", sheets[2000, 4], 0, 3000),
    }


def beside_bare_start(top: Path, env: Env) -> None:
    """Each driver case interleaved with a bare start, so that both see the same machine."""
    header("bare start")
    for name, (path, sides, expect, allowed) in driver_cases().items():

        def run(path: str = path, sides: Sides = sides, expect: int = expect) -> float:
            for label, data in zip("OAB", sides, strict=True):
                (top / label).write_bytes(data)
            return once(["muse-merge-driver", "O", "A", "B", "-p", path], top, env, expect)

        got = interleaved({"muse": run, "start": lambda: bare_start(env, top)})
        row(name, got["muse"], got["start"], f"S + {allowed} ms", got["start"] + allowed / 1000)


def main() -> None:
    """Both tables."""
    with tempfile.TemporaryDirectory(prefix="muse-bench-") as folder:
        top = Path(folder)
        env = environment(top / "home")
        start = interleaved({"S": lambda: bare_start(env, top)})["S"]
        version = sys.version.split()[0]
        print(f"S, a bare start of Python {version}: {start * 1000:.1f} ms; medians of {RUNS} runs, interleaved")
        beside_bare_start(top, env)
        beside_git(top, env, start)


if __name__ == "__main__":
    main()
