"""Many agents at once: each feeds `muse session append` through a pipe at a steady pace and waits for its answers.

    python benchmarks/agents.py            (MUSE_BENCH_AGENTS=50, MUSE_BENCH_PACE=100, MUSE_BENCH_SECONDS=60)

Prints the time from writing a line to reading its answer, that nothing was lost, and the memory of the processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from timing import environment, once

from muse.core.op_log import OpLog

AGENTS = int(os.environ.get("MUSE_BENCH_AGENTS", "50"))
PACE = int(os.environ.get("MUSE_BENCH_PACE", "100"))
SECONDS = float(os.environ.get("MUSE_BENCH_SECONDS", "60"))


class Agent:
    """One pipe: a thread that writes at its pace and reads each answer."""

    def __init__(self, number: int, repo: Path, env: dict[str, str]) -> None:
        self.number = number
        self.waits: list[float] = []
        self.memory: list[int] = []
        self.acks: set[str] = set()
        command = [sys.executable, "-m", "muse.cli", "session", "append", "jam", "--actor", f"agent{number}"]
        self.process = subprocess.Popen(
            command, cwd=repo, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def ask(self, at: int) -> float:
        """Send one op, wait for its answer; seconds."""
        assert self.process.stdin is not None and self.process.stdout is not None
        op = {"op": "delete", "address": f"piece.mid::{at}", "position": None, "content_id": "", "content_summary": "x"}
        line = json.dumps({"op": op}).encode() + b"\n"
        began = time.perf_counter()
        self.process.stdin.write(line)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += os.read(self.process.stdout.fileno(), 4096)
        took = time.perf_counter() - began
        self.acks.add(json.loads(answer)["ack"])
        return took

    def run(self) -> None:
        """Warm up, then keep the pace until time is up."""
        assert self.process.stdin is not None
        self.ask(0)
        self.ready.set()
        START.wait()
        began = time.perf_counter() + self.number / AGENTS / PACE
        for at in range(1, int(PACE * SECONDS) + 1):
            pause = began + at / PACE - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            self.waits.append(self.ask(at))
            if at % PACE == 0:
                self.memory.append(resident(self.process.pid))
        self.process.stdin.close()
        self.process.wait()


def resident(process: int) -> int:
    """Kilobytes of memory a process holds; 0 where that cannot be asked."""
    try:
        rows = Path(f"/proc/{process}/status").read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0


START = threading.Event()


def main() -> int:
    """Print everything."""
    with tempfile.TemporaryDirectory(prefix="muse-bench-", dir=os.environ.get("MUSE_BENCH_DIR")) as folder:
        env, repo = environment(Path(folder) / "home"), Path(folder) / "repo"
        env["PYTHONPATH"] = os.pathsep.join(sys.path)
        once(["git", "init", "-q", str(repo)], Path(folder), env)
        agents = [Agent(number, repo, env) for number in range(AGENTS)]
        for agent in agents:
            agent.thread.start()
        for agent in agents:
            agent.ready.wait()
        began = time.perf_counter()
        START.set()
        for agent in agents:
            agent.thread.join()
        took = time.perf_counter() - began
        waits = sorted(wait for agent in agents for wait in agent.waits)
        found = {entry["op_id"] for entry in OpLog(repo, "jam").read_all()}
        lost = sum(len(agent.acks - found) for agent in agents)
        grown = max((agent.memory[-1] - agent.memory[len(agent.memory) // 2] for agent in agents if agent.memory),
                    default=0)
        p50, p99, worst = (waits[min(int(len(waits) * part), len(waits) - 1)] * 1e3 for part in (0.5, 0.99, 1.0))
        print(f"{AGENTS} agents, {PACE} edits/s each for {SECONDS:g} s:\n"
              f"  {len(waits)} edits in {took:.1f} s, {lost} lost\n"
              f"  acknowledged after: median {p50:.2f} ms, p99 {p99:.2f} ms, worst {worst:.1f} ms (wanted p99 < 10)\n"
              f"  memory grew by at most {grown} kB in the second half of the run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
