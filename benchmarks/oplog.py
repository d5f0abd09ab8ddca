"""The op log beside SQLite (WAL), which is what one would use otherwise; both sides make the same entries.

    python benchmarks/oplog.py            (MUSE_BENCH_RUNS=5, MUSE_BENCH_OPS=4000, MUSE_BENCH_LOG=1000000; --reading)

Rates are ops per second, median of interleaved rounds; the ratio is ours over SQLite's, larger is better for us.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from muse.core.collector import no_collection
from muse.core.op_log import OpLog, make_op_entry

ROUNDS = int(os.environ.get("MUSE_BENCH_RUNS", "5"))
OPS = int(os.environ.get("MUSE_BENCH_OPS", "4000"))
LONGEST = int(os.environ.get("MUSE_BENCH_LOG", "1000000"))
OP: Any = {
    "op": "insert",
    "address": "piece.mid/track:1/note:480:60",
    "position": 7,
    "content_id": "sha256:" + "a" * 64,
    "content_summary": "C4 at bar 1 beat 2",
    "content": {"pitch": 60, "velocity": 90, "start": 480, "duration": 240},
}
SMALL: Any = {
    "op": "delete",
    "address": "piece.mid/track:1/note:480:60",
    "position": 7,
    "content_id": "",
    "content_summary": "C4",
}
_fork = multiprocessing.get_context("fork")


def ours(folder: Path, count: int, batch: int, level: str) -> None:
    """Append `count` ops through the documented calls: a time, an entry, an append."""
    log = OpLog(folder, "s", level=level)  # type: ignore[arg-type]
    if batch == 1:
        for _ in range(count):
            log.append(make_op_entry("ada", "midi", OP, log.next_lamport_ts()))
    else:
        for _ in range(count // batch):
            first = log.next_lamport_ts()
            log.append_many([make_op_entry("ada", "midi", OP, first + at) for at in range(batch)])


def recorded(folder: Path, count: int, batch: int, level: str) -> None:
    """The same through `record`, which takes the time itself under the same lock."""
    log = OpLog(folder, "s", level=level)  # type: ignore[arg-type]
    for _ in range(count // batch):
        log.record("ada", "midi", [OP] * batch)


def prepare(folder: Path, level: str) -> sqlite3.Connection:
    """SQLite as it is set up for durability like ours."""
    base = sqlite3.connect(folder / "log.sqlite", isolation_level=None, timeout=60)
    base.execute("pragma journal_mode = wal")
    base.execute(f"pragma synchronous = {'full' if level == 'durable' else 'normal'}")
    base.execute("create table if not exists op (n integer primary key, op_id text, lamport int, line blob)")
    return base


def sqlite(folder: Path, count: int, batch: int, level: str) -> None:
    """One transaction per op: the next time, the same entry, its line."""
    base = prepare(folder, level)
    for _ in range(count):
        base.execute("begin immediate")
        now = (base.execute("select max(n) from op").fetchone()[0] or 0) + 1
        entry = make_op_entry("ada", "midi", OP, now)
        base.execute("insert into op values (?, ?, ?, ?)", (now, entry["op_id"], now, json.dumps(entry)))
        base.execute("commit")
    base.close()


def rate(work: Callable[[Path, int, int, str], None], processes: int, batch: int, level: str) -> float:
    """Ops per second of all processes together, on a fresh log."""
    folder = Path(tempfile.mkdtemp(prefix="muse-bench-", dir=os.environ.get("MUSE_BENCH_DIR")))
    count = max(OPS // (10 if level == "durable" and batch == 1 else 1) // processes // batch, 1) * batch
    try:
        work(folder, batch, batch, level)  # the file is there, the code is warm
        began = time.perf_counter()
        if processes == 1:
            work(folder, count, batch, level)
        else:
            workers = [_fork.Process(target=work, args=(folder, count, batch, level)) for _ in range(processes)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        return count * processes / (time.perf_counter() - began)
    finally:
        shutil.rmtree(folder)


def appends() -> None:
    """Every level, 1 and 4 processes, single and in hundreds."""
    print(f"{'level':8} {'processes':>9} {'call':28} {'ours/s':>9} {'sqlite/s':>9} {'ratio':>6}  wanted")
    wanted = {("written", 1): 1.2, ("durable", 1): 1.1, ("written", 100): 3.0, ("durable", 100): 1.5}
    for level in ("written", "durable"):
        for processes in (1, 4):
            calls = {"append": (ours, 1), "record": (recorded, 1), "append_many(100)": (ours, 100)}
            rates: dict[str, list[float]] = {name: [] for name in (*calls, "sqlite")}
            for _ in range(ROUNDS):
                for name, (work, batch) in calls.items():
                    rates[name].append(rate(work, processes, batch, level))
                rates["sqlite"].append(rate(sqlite, processes, 1, level))
            peer = statistics.median(rates["sqlite"])
            for name, (_, batch) in calls.items():
                mine = statistics.median(rates[name])
                print(
                    f"{level:8} {processes:9} {name:28} {mine:9.0f} {peer:9.0f} {mine / peer:6.2f}  "
                    f">= {wanted[level, batch]}"
                )


def fill(folder: Path, count: int, op: Any) -> OpLog:
    """A log of `count` ops, with one checkpoint at its end."""
    log = OpLog(folder, "s")
    for at in range(0, count, 1000):
        log.record("ada", "midi", [dict(op, position=at + n) for n in range(min(1000, count - at))])
    return log


def alone(work: Callable[[], Any], forget: Path | None = None) -> tuple[float, float, float]:
    """Seconds by the clock, of processor, and megabytes of a call in a fresh process; the best of three of each.

    `forget` is a file that is taken away each time before.
    """
    found = []
    for _ in range(3):
        into, out = _fork.Pipe(duplex=False)
        if forget is not None:
            forget.unlink(missing_ok=True)

        def run(out: Any = out) -> None:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            spent = time.process_time()
            seconds = timed(work)
            spent = time.process_time() - spent
            out.send((seconds, spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3))

        process = _fork.Process(target=run)
        process.start()
        found.append(into.recv())
        process.join()
    seconds, spent, memory = map(min, zip(*found))
    return seconds, spent, memory


def decoded(path: Path) -> list[Any]:
    """What any reader that gives plain dicts must pay for: the lines decoded by msgspec and kept, nothing checked."""
    decode, rows = msgspec.json.Decoder().decode_lines, []
    with no_collection(), open(path, "rb") as file:
        while lines := file.readlines(1 << 16):
            rows += decode(b"".join(lines))
    return rows


def reading() -> None:
    """Reading everything, and replaying what is new, at growing sizes, for a note and for the least an op can be."""
    print(
        f"\n{'bytes/op':>8} {'ops':>9} {'MB':>7} | {'replay all s':>12} {'cpu s':>6} {'MB/s':>5} | {'again s':>8} "
        f"{'cpu s':>6} {'MB/s':>5} {'peak MB':>8} | {'msgspec alone s':>15} {'cpu s':>6} {'peak MB':>8} | "
        f"{'replay 10 new ms':>16} {'follow 1 op ms':>14}"
    )
    for op in (OP, SMALL):
        size = 1000 if op is OP else LONGEST
        while size <= LONGEST:
            folder = Path(tempfile.mkdtemp(prefix="muse-bench-", dir=os.environ.get("MUSE_BENCH_DIR")))
            try:
                log = fill(folder, size, op)
                path = log.folder / "ops.jsonl"
                megabytes = path.stat().st_size / 1e6
                log.close()
                first, first_cpu, _ = alone(lambda log=log: log.replay_since_checkpoint(), log.folder / "seen")
                again, again_cpu, peak = alone(lambda log=log: log.replay_since_checkpoint())
                bare, bare_cpu, least = alone(lambda path=path: decoded(path))
                log.checkpoint("snapshot")
                log.record("ada", "midi", [op] * 10)
                new = statistics.median(timed(lambda log=log: log.replay_since_checkpoint()) for _ in range(21))
                at = log.end()
                log.record("ada", "midi", [op])
                one = statistics.median(timed(lambda log=log, at=at: log.read_from(at)) for _ in range(21))
                print(
                    f"{megabytes * 1e6 / size:8.0f} {size:9} {megabytes:7.1f} | {first:12.3f} {first_cpu:6.2f} "
                    f"{megabytes / first:5.0f} | {again:8.3f} {again_cpu:6.2f} {megabytes / again:5.0f} {peak:8.0f} "
                    f"| {bare:15.3f} {bare_cpu:6.2f} {least:8.0f} | {new * 1e3:16.3f} {one * 1e3:14.3f}",
                    flush=True,
                )
            finally:
                shutil.rmtree(folder)
            size *= 10


def timed(work: Callable[[], Any]) -> float:
    """Seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    """Print everything."""
    print(f"op log beside SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    if "--reading" not in sys.argv:
        appends()
    reading()
    return 0


if __name__ == "__main__":
    sys.exit(main())
