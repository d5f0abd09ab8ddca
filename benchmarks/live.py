"""Joined sessions beside raw nats-py: latency between clones, catching up, what idling costs, a server that is killed.

    python benchmarks/live.py [--clones 10] [--rate 100] [--seconds 10] [--ops 1000000] [--soak SECONDS]

Everything runs on this machine: one nats-server, per clone a joined process (as `muse session join` starts it) and one
that appends and follows. A latency is from the acknowledgement of an append in one clone until `follow` has the op in
another one. The floor is the same pattern of messages over nats-py alone: one process per peer, publish and subscribe,
nothing kept, nothing checked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MUSE = [sys.executable, "-m", "muse.cli"]
NAME = "bench"


# The server and the clones ----------------------------------------------------------------------------------------


class Server:
    """A nats-server on a free loopback port, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"nats://127.0.0.1:{self.port}"
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["nats-server", "-js", "-a", "127.0.0.1", "-p", str(self.port), "-sd", str(self.folder / "js")]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def clones(folder: Path, many: int) -> list[Path]:
    first = folder / "c0"
    first.mkdir()
    git(first, "init", "-q", "-b", "main")
    (first / "code.py").write_text("def first():\n    return 1\n")
    git(first, "add", ".")
    git(first, "commit", "-qm", "one")
    for number in range(1, many):
        git(folder, "clone", "-q", "c0", f"c{number}")
    return [folder / f"c{number}" for number in range(many)]


@contextmanager
def joined(roots: list[Path], address: str) -> Iterator[list[int]]:
    """Keep the clones joined; the processes that do."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for root in roots:
            words = [*MUSE, "session", "join", NAME, address]
            started.append(subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        for process in started:
            assert process.stdout is not None and b"is joined" in process.stdout.readline()
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(20)


def lines(root: Path) -> list[bytes]:
    from muse.core.op_log import OpLog

    return sorted(OpLog(root, NAME).raw_lines())


def cpu(pids: list[int]) -> float:
    """Seconds of processor time these processes have used."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(number) for each in fields for number in each[11:13]) / ticks


# One clone: appends and follows (run as a process of its own) --------------------------------------------------------


def person(root: str, rate: str, seconds: str, begin: str, out: str) -> None:
    from muse.core.op_log import OpLog

    where, per_second, until = Path(root), float(rate), float(begin) + float(seconds)
    seen: dict[str, float] = {}
    stop = threading.Event()
    reading = OpLog(where, NAME)
    start = reading.end()

    def look() -> None:
        for entry in reading.follow(since=start, poll=0.01, stop=stop.is_set):
            seen[entry["op_id"]] = time.time()

    follower = threading.Thread(target=look)
    follower.start()
    log, acked, number = OpLog(where, NAME), {}, 0
    time.sleep(max(float(begin) - time.time(), 0))
    while (now := time.time()) < until:
        due = float(begin) + number / per_second
        if due > now:
            time.sleep(due - now)
        op: Any = {"op": "replace", "address": f"code.py::f{number}", "content": "def f():\n    return 1\n" + "#" * 200}
        (entry,) = log.record(where.name, "code", [op])
        acked[entry["op_id"]] = time.time()
        number += 1
    time.sleep(3)
    stop.set()
    follower.join()
    Path(out).write_text(json.dumps({"acked": acked, "seen": seen}))


def alone(what: str, *words: object) -> subprocess.Popen[bytes]:
    """A part of this file as a process of its own."""
    return subprocess.Popen([sys.executable, __file__, "--as", what, *map(str, words)])


def latencies(folder: Path, roots: list[Path], rate: float, seconds: float) -> list[float]:
    begin = time.time() + 4
    people = [alone("person", root, rate, seconds, begin, folder / f"{root.name}.json") for root in roots]
    for each in people:
        each.wait()
    told = [json.loads((folder / f"{root.name}.json").read_text()) for root in roots]
    acked = {op: at for each in told for op, at in each["acked"].items()}
    elsewhere = [(each["seen"], op, at) for each in told for op, at in acked.items() if op not in each["acked"]]
    found = [seen[op] - at for seen, op, at in elsewhere if op in seen]
    missing = sum(op not in each["seen"] for each in told for op in acked)
    print(f"  {len(acked)} ops, {len(found)} arrivals elsewhere, {missing} missing after 3 s")
    return found


# The floor: nats-py alone ---------------------------------------------------------------------------------------------


def raw(address: str, me: str, rate: str, seconds: str, begin: str, out: str) -> None:
    import nats

    async def main() -> None:
        client = await nats.connect(address)
        found: list[float] = []

        async def heard(msg: Any) -> None:
            if not msg.data.startswith(me.encode()):
                found.append(time.time() - float(msg.data.split(b" ", 2)[1]))

        await client.subscribe("floor.*", cb=heard)
        await asyncio.sleep(max(float(begin) - time.time(), 0))
        number, until = 0, float(begin) + float(seconds)
        while (now := time.time()) < until:
            due = float(begin) + number / float(rate)
            if due > now:
                await asyncio.sleep(due - now)
            await client.publish(f"floor.{me}", f"{me} {time.time()} ".encode() + b"#" * 700)
            await client.flush()
            number += 1
        await asyncio.sleep(2)
        Path(out).write_text(json.dumps(found))
        await client.close()

    asyncio.run(main())


def floor(folder: Path, address: str, many: int, rate: float, seconds: float) -> list[float]:
    begin = time.time() + 3
    peers = [alone("raw", address, f"p{n}", rate, seconds, begin, folder / f"p{n}.json") for n in range(many)]
    for each in peers:
        each.wait()
    return [found for n in range(many) for found in json.loads((folder / f"p{n}.json").read_text())]


# The parts ------------------------------------------------------------------------------------------------------------


def shown(name: str, found: list[float]) -> tuple[float, float]:
    found = sorted(found)
    p50, p99 = found[len(found) // 2] * 1000, found[len(found) * 99 // 100] * 1000
    print(f"  {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {found[-1] * 1000:.1f} ms")
    return p50, p99


def live(folder: Path, server: Server, many: int, rate: float, seconds: float) -> None:
    print(f"{many} clones, {rate:g} ops/s each, {seconds:g} s (load {os.getloadavg()[0]:.1f})")
    roots = clones(folder, many)
    with joined(roots, server.address) as pids:
        before, began = cpu(pids), time.monotonic()
        time.sleep(10)
        idle = (cpu(pids) - before) / (time.monotonic() - began) / many
        print(f"  idle: {100 * idle:.2f} % of a core per joined clone")
        ours = shown("append to follow elsewhere", latencies(folder, roots, rate, seconds))
    same = len({b"".join(lines(root)) for root in roots}) == 1
    print(f"  logs: {'byte-identical' if same else 'DIFFERENT'}")
    theirs = shown("nats-py alone", floor(folder, server.address, many, rate, seconds))
    print(f"  ratio to the floor: p50 {ours[0] / theirs[0]:.1f}, p99 {ours[1] / theirs[1]:.1f}")


def catch_up(folder: Path, server: Server, many: int) -> None:
    from muse.core.op_log import OpLog, Request

    print(f"a new clone catches up with {many:,} ops")
    old, new = clones(folder, 2)
    log = OpLog(old, NAME)
    op: Any = {"op": "replace", "address": "code.py::f", "content": "def f():\n    return 1\n" + "#" * 200}
    for start in range(0, many, 5000):
        log.record_all([Request("ada", "code", op) for _ in range(min(5000, many - start))])
    log.close()
    size = OpLog(old, NAME).end()
    with joined([old], server.address):
        began = time.monotonic()
        while sent(old) < size:
            time.sleep(0.1)
        print(f"  sent at {many / (time.monotonic() - began):,.0f} ops/s")
        with joined([new], server.address) as pids:
            began, reading = time.monotonic(), OpLog(new, NAME)
            while reading.end() < size:
                time.sleep(0.05)
            took = time.monotonic() - began
            rows = Path(f"/proc/{pids[0]}/status").read_text().splitlines()
            peak = next(int(row.split()[1]) for row in rows if row.startswith("VmHWM"))
        print(f"  taken in at {many / took:,.0f} ops/s; {peak / 1024:.0f} MB at most")
    print(f"  logs: {'byte-identical' if lines(old) == lines(new) else 'DIFFERENT'}")


def sent(root: Path) -> int:
    """Up to which byte of its log a clone has sent."""
    try:
        return int(json.loads((root / ".git" / "muse" / "op_log" / NAME / "relay.json").read_text())["sent"])
    except (OSError, ValueError):
        return 0


def soak(folder: Path, server: Server, many: int, seconds: float, every: float) -> None:
    from muse.core.op_log import OpLog

    print(f"{many} clones for {seconds:g} s, the server killed every {every:g} s")
    roots = clones(folder, many)
    logs = [OpLog(root, NAME) for root in roots]
    total, until, killed = 0, time.monotonic() + seconds, time.monotonic()
    with joined(roots, server.address):
        while time.monotonic() < until:
            log = random.choice(logs)
            names = [f"{os.urandom(6).hex()}.txt" for _ in range(random.randrange(1, 20))]
            ops: Any = [{"op": "insert", "address": name, "content": "x" * random.randrange(300)} for name in names]
            log.record("bench", "files", ops)
            total += len(ops)
            time.sleep(random.random() * 0.02)
            if time.monotonic() - killed > every:
                server.kill()
                time.sleep(random.random() * 2)
                server.start()
                killed = time.monotonic()
        began = time.monotonic()
        while any(len(lines(root)) < total for root in roots) and time.monotonic() - began < 60:
            time.sleep(0.1)
        took = time.monotonic() - began
    held = [lines(root) for root in roots]
    ids = {json.loads(line)["op_id"] for line in held[0]}
    same = all(each == held[0] for each in held)
    print(f"  {total} ops; all clones had all of it {took:.1f} s after the last")
    print(
        f"  logs: {'byte-identical' if same else 'DIFFERENT'}, {total - len(ids)} lost, {len(held[0]) - len(ids)} twice"
    )


def main() -> None:
    """The parts one after the other, each on a fresh server and in a fresh folder."""
    if sys.argv[1:2] == ["--as"]:
        {"person": person, "raw": raw}[sys.argv[2]](*sys.argv[3:])
        return
    ask = argparse.ArgumentParser()
    ask.add_argument("--clones", type=int, default=10)
    ask.add_argument("--rate", type=float, default=100)
    ask.add_argument("--seconds", type=float, default=10)
    ask.add_argument("--ops", type=int, default=1_000_000)
    ask.add_argument("--soak", type=float, default=0)
    ask.add_argument("--every", type=float, default=30)
    told = ask.parse_args()
    if shutil.which("nats-server") is None:
        raise SystemExit("live: nats-server is not on PATH (muse serve --live says where to get it)")
    parts: list[tuple[float, Callable[[Path, Server], None]]] = [
        (told.seconds, lambda at, server: live(at, server, told.clones, told.rate, told.seconds)),
        (told.ops, lambda at, server: catch_up(at, server, told.ops)),
        (told.soak, lambda at, server: soak(at, server, told.clones, told.soak, told.every)),
    ]
    for part in (part for wanted, part in parts if wanted):
        with tempfile.TemporaryDirectory() as name:
            server = Server(Path(name))
            server.start()
            try:
                part(Path(name), server)
            finally:
                server.kill()


if __name__ == "__main__":
    main()
