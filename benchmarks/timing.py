"""Times whole commands side by side: interleaved, medians, ratios. Nothing here ever fails on a time."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

RUNS = int(os.environ.get("MUSE_BENCH_RUNS", "7"))
BIN = Path(sys.executable).parent
"""Where the doors of this installation are."""
_CONFIG = """\
[user]
\tname = Bench
\temail = bench@example.org
[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


def environment(home: Path) -> dict[str, str]:
    """An environment that reads no personal Git configuration."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(_CONFIG)
    env.update(
        HOME=str(home),
        GIT_CONFIG_GLOBAL=str(home / ".gitconfig"),
        GIT_CONFIG_NOSYSTEM="1",
        PATH=f"{BIN}{os.pathsep}{env.get('PATH', '')}",
    )
    return env


def once(command: list[str], cwd: Path, env: dict[str, str], expect: int = 0) -> float:
    """Seconds one command takes; SystemExit with its output when its exit code is not `expect`."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    took = time.perf_counter() - start
    if done.returncode != expect:
        output = (done.stdout + done.stderr).decode(errors="replace")
        raise SystemExit(f"bench: {' '.join(command)} exited with {done.returncode}, not {expect}:\n{output}")
    return took


def spent() -> float:
    """Processor seconds that children which have ended have used: a busy machine says nearly the same."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def interleaved(sides: dict[str, Callable[[], float]], runs: int = RUNS) -> dict[str, float]:
    """The median seconds of each side, taken in turn, after one turn that is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name, side in sides.items():
            seconds = side()
            if turn:
                taken[name].append(seconds)
    return {name: statistics.median(values) for name, values in taken.items()}


def bare_start(env: dict[str, str], cwd: Path) -> float:
    """S: what starting this interpreter and doing nothing takes."""
    return once([sys.executable, "-c", "pass"], cwd, env)


def header(peer: str) -> None:
    """The head of a table."""
    print(f"\n{'':<44} {'muse':>10} {peer:>10} {'ratio':>7}   bound", flush=True)


def row(what: str, ours: float, peer: float, bound: str, target: float) -> None:
    """One printed line; `target` is what the bound comes to in seconds, in this run."""
    verdict = "holds" if ours <= target else "MISSED"
    print(
        f"{what:<44} {ours * 1000:7.1f} ms {peer * 1000:7.1f} ms {ours / peer:6.2f}x   "
        f"{bound} = {target * 1000:.0f} ms: {verdict}",
        flush=True,
    )
