"""Many agents at once: each feeds `muse session append` through a pipe at a steady pace and reads its answers.

    python benchmarks/agents.py            (MUSE_BENCH_AGENTS=50, MUSE_BENCH_PACE=100, MUSE_BENCH_SECONDS=60)

Then the same agents feed the least that could answer them, on the same machine in the same minute: a process each that
appends the line to one file, and one that waits for the disk as well (`fdatasync`). How often ours takes as long as
those is what can be compared on a busy machine.

Prints the time from writing a line to reading its answer, that nothing was lost, and the processor's time and the
memory of the processes. One thread plays all agents: it writes each line when it is due, whether earlier ones were
answered or not, and answers are timed when they can be read. What it costs itself (printed) is taken from the same
cores as what it measures.
"""

from __future__ import annotations

import heapq
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from timing import environment, once

from muse.core.op_log import OpLog

AGENTS = int(os.environ.get("MUSE_BENCH_AGENTS", "50"))
PACE = int(os.environ.get("MUSE_BENCH_PACE", "100"))
SECONDS = float(os.environ.get("MUSE_BENCH_SECONDS", "60"))
PIECE = Path(__file__).parents[1] / "fixtures" / "midi" / "menuet.mid"
NOTE = "piece.mid::track:1/note:1:1:0:0:74#0"
OURS = "muse session append"
LEAST = """
import os, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
while line := sys.stdin.buffer.readline():
    os.write(log, line)
    {sync}
    os.write(1, b'{{"ack":"%d"}}\\n' % len(line))
"""
FLOORS = {"append alone": LEAST.format(sync=""), "append + fdatasync": LEAST.format(sync="os.fdatasync(log)")}


class Agent:
    """One pipe, what was sent through it and is not answered yet, and the answers."""

    def __init__(self, command: list[str], repo: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, cwd=repo, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.into, self.out = self.process.stdin.fileno(), self.process.stdout.fileno()
        self.sent: deque[float] = deque()
        self.heard = bytearray()
        self.waits: list[float] = []
        self.memory: list[int] = []
        self.spent = 0.0

    def send(self, at: int) -> None:
        """One op."""
        op = f'{{"op":"replace","address":"{NOTE}/velocity","content":{at % 127 + 1}}}'
        line = b'{"op":%b}\n' % op.encode()
        self.sent.append(time.perf_counter())
        if os.write(self.into, line) != len(line):
            raise SystemExit("a pipe is full: the agent is minutes behind")

    def take(self) -> None:
        """Whatever answers are there."""
        data = os.read(self.out, 1 << 16)
        now = time.perf_counter()
        self.heard += data
        for _ in range(data.count(b"\n")):
            self.waits.append(now - self.sent.popleft())

    def acks(self) -> set[str]:
        """The ids acknowledged; SystemExit for an answer that is an error."""
        answers = [json.loads(line) for line in self.heard.splitlines()]
        if any("ack" not in answer for answer in answers):
            raise SystemExit(f"refused: {[answer for answer in answers if 'ack' not in answer][:3]}")
        return {answer["ack"] for answer in answers}


def play(agents: list[Agent]) -> None:
    """Warm up, then keep the pace until time is up and every answer is there."""
    poll = select.poll()
    for agent in agents:
        poll.register(agent.out, select.POLLIN)
    by_pipe = {agent.out: agent for agent in agents}

    def listen(seconds: float) -> None:
        for pipe, _ in poll.poll(max(seconds * 1000, 0)):
            by_pipe[pipe].take()

    for agent in agents:
        agent.send(0)
    while any(agent.sent for agent in agents):
        listen(1)
    began = time.perf_counter() + 0.1
    due = [(began + number / AGENTS / PACE, number, 1) for number in range(AGENTS)]
    heapq.heapify(due)
    for agent in agents:
        agent.waits.clear()
        agent.spent = -processor(agent.process.pid)
    while due:
        pause = due[0][0] - time.perf_counter()
        if pause > 0.0005:
            listen(pause - 0.0004)
        else:
            send_next(agents, due, began)
            listen(0)
    while any(agent.sent for agent in agents):
        listen(1)
    end(agents)


def end(agents: list[Agent]) -> None:
    """No more edits, and no more processes."""
    for agent in agents:
        agent.spent += processor(agent.process.pid)
        os.close(agent.into)
        agent.process.stdin = None
        agent.process.wait()


def send_next(agents: list[Agent], due: list[tuple[float, int, int]], began: float) -> None:
    """Send what is due first, and queue that agent's next."""
    _, number, at = due[0]
    agents[number].send(at)
    if at % PACE == 0:
        agents[number].memory.append(resident(agents[number].process.pid))
    if at < int(PACE * SECONDS):
        heapq.heapreplace(due, (began + number / AGENTS / PACE + at / PACE, number, at + 1))
    else:
        heapq.heappop(due)


def resident(process: int) -> int:
    """Kilobytes of memory a process holds; 0 where that cannot be asked."""
    try:
        rows = Path(f"/proc/{process}/status").read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0


def processor(process: int) -> float:
    """Seconds of processor a process has taken; 0 where that cannot be asked."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


def spread(agents: list[Agent]) -> list[float]:
    """Median, 99th of a hundred, and worst time to an answer, in milliseconds."""
    waits = sorted(wait for agent in agents for wait in agent.waits)
    return [waits[min(int(len(waits) * part), len(waits) - 1)] * 1e3 for part in (0.5, 0.99, 1.0)]


def main() -> int:
    """Print everything."""
    with tempfile.TemporaryDirectory(prefix="muse-bench-", dir=os.environ.get("MUSE_BENCH_DIR")) as folder:
        env, repo = environment(Path(folder) / "home"), Path(folder) / "repo"
        env["PYTHONPATH"] = os.pathsep.join(sys.path)
        once(["git", "init", "-q", str(repo)], Path(folder), env)
        (repo / "piece.mid").write_bytes(PIECE.read_bytes())
        once(["git", "add", "."], repo, env)
        once(["git", "-c", "user.name=bench", "-c", "user.email=b@x", "commit", "-qm", "piece"], repo, env)
        once([sys.executable, "-m", "muse.cli", "session", "start", "jam"], repo, env)
        words = [sys.executable, "-m", "muse.cli", "session", "append", "jam", "--actor"]
        agents = [Agent([*words, f"agent{number}"], repo, env) for number in range(AGENTS)]
        began, spent = time.perf_counter(), time.process_time()
        play(agents)
        took, spent = time.perf_counter() - began, time.process_time() - spent
        waits = [wait for agent in agents for wait in agent.waits]
        found = {entry["op_id"] for entry in OpLog(repo, "jam").read_all()}
        lost = sum(len(agent.acks() - found) for agent in agents)
        grown = max(
            (agent.memory[-1] - agent.memory[len(agent.memory) // 2] for agent in agents if agent.memory), default=0
        )
        p50, p99, worst = spread(agents)
        edit = sum(agent.spent for agent in agents) / max(len(waits), 1) * 1e6
        print(
            f"{AGENTS} agents, {PACE} edits/s each for {SECONDS:g} s:\n"
            f"  {len(waits)} edits in {took:.1f} s, {lost} lost; playing the agents took {spent:.1f} s of processor\n"
            f"  acknowledged after: median {p50:.2f} ms, p99 {p99:.2f} ms, worst {worst:.1f} ms (wanted p99 < 10)\n"
            f"  an edit costs the agents' side {edit:.0f} microseconds of processor\n"
            f"  memory grew by at most {grown} kB in the second half of the run"
        )
        for name, text in FLOORS.items():
            command = [sys.executable, "-I", "-S", "-c", text, str(Path(folder) / "raw")]
            floor = [Agent(command, repo, env) for _ in range(AGENTS)]
            play(floor)
            least = spread(floor)
            ratios = ", ".join(f"{ours / theirs:.2f}" for ours, theirs in zip((p50, p99, worst), least))
            print(
                f"  {name}: median {least[0]:.2f} ms, p99 {least[1]:.2f} ms, worst {least[2]:.1f} ms; "
                f"{OURS} takes {ratios} times as long"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
