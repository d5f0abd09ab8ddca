"""The helper beside plain Git over each transport, and what many writers' metadata costs plain Git.

    python benchmarks/hosting.py [transports] [writers] [agents] [checkpoints]

Without names all four parts run (some ten minutes). Servers are those of tests/servers, on loopback; one that is not
installed is left out by name.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "servers"))
import conftest as servers
import pytest
from timing import BIN, bare_start, environment, header, interleaved, once, row

from muse.core.op_log import OpLog
from muse.domain import InsertOp
from muse.store.layout import segment_path, session_path
from muse.store.log import checkpoints
from muse.store.repository import Repository

COMMITS = int(os.environ.get("MUSE_BENCH_COMMITS", "10000"))
FILES = 500
WRITERS = [int(number) for number in os.environ.get("MUSE_BENCH_WRITERS", "50,200").split(",")]
SESSIONS = int(os.environ.get("MUSE_BENCH_SESSIONS", "10000"))
RUNS, MANY = 5, 15


def quiet(where: Path, env: dict[str, str], *words: str, feed: bytes | None = None) -> str:
    """Standard output of a Git command that must succeed."""
    done = subprocess.run(["git", *words], cwd=where, env=env, input=feed, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: git {' '.join(words)}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode().strip()


def commits(ref: str, first: int, count: int, files: Callable[[int], dict[str, bytes]], on: str = "") -> bytes:
    """A fast-import stream of a chain of commits."""
    out = []
    for number in range(first, first + count):
        text = f"change {number}".encode()
        out.append(
            f"commit {ref}\ncommitter Bench <b@example.org> {1_700_000_000 + number} +0000\n".encode()
            + b"data %d\n%s\n" % (len(text), text)
        )
        if on and number == first:
            out.append(f"from {on}\n".encode())
        for path, data in files(number).items():
            out.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    return b"".join(out)


def change(number: int) -> dict[str, bytes]:
    """One file of a commit: some forty lines, one of them new."""
    name = number % FILES
    lines = [f"line {line} of file {name}, version {number if line == number % 40 else 0}\n" for line in range(40)]
    return {f"d{name % 20}/f{name}.txt": "".join(lines).encode()}


def history(folder: Path, env: dict[str, str], count: int = COMMITS) -> Path:
    """A packed bare repository with a branch of so many commits, and `old`, a hundred commits behind."""
    repo = folder / "r.git"
    quiet(folder, env, "init", "-q", "--bare", str(repo))
    quiet(repo, env, "fast-import", "--quiet", feed=commits("refs/heads/main", 0, count, change))
    quiet(repo, env, "branch", "old", "main~100")
    quiet(repo, env, "repack", "-adq")
    quiet(repo, env, "pack-refs", "--all")
    return repo


# Transports ----------------------------------------------------------------------------------------------------------


def transports(folder: Path, env: dict[str, str]) -> None:
    """clone and fetch, each transport."""
    (folder / "srv").mkdir()
    repo = history(folder / "srv", env)
    start = min(bare_start(env, folder) for _ in range(10))
    print(
        f"\n{COMMITS} commits, {RUNS} runs each; S, `python -c pass`: {start * 1000:.0f} ms; the helper without any "
        f"work: {min(once(['git-remote-muse'], folder, env, 129) for _ in range(10)) * 1000:.0f} ms"
    )
    header("git")
    beside(folder, env, "file", f"file://{repo}", start)
    kinds = {"git": servers.git_daemon, "http": servers.lighttpd, "ssh": servers.sshd}
    for kind, server in kinds.items():
        try:
            with server(repo.parent) as running:
                url = running.address("r.git").removeprefix("muse::")
                beside(folder, {**env, **running.login(True)}, kind, url, start)
        except pytest.skip.Exception as reason:
            print(f"{kind}: left out: {reason}")


def beside(folder: Path, env: dict[str, str], kind: str, url: str, start: float) -> None:
    """Clones and fetches of a hundred commits by both, taken in turn."""
    at = iter(range(10**6))
    base = folder / f"base-{kind}"
    quiet(folder, env, "clone", "-q", "--bare", "--single-branch", "-b", "old", url, str(base))

    def clone(prefix: str, *settings: str) -> float:
        return once(
            ["git", *settings, "clone", "-q", "--bare", prefix + url, str(folder / f"clone-{kind}-{next(at)}")],
            folder,
            env,
        )

    def fetch(prefix: str, *settings: str) -> float:
        copy = folder / f"fetch-{kind}-{next(at)}"
        subprocess.run(["cp", "-r", base, copy], check=True)
        quiet(copy, env, "remote", "set-url", "origin", prefix + url)
        return once(["git", *settings, "fetch", "-q", "origin", "main:main"], copy, env)

    def nothing(prefix: str, *settings: str) -> float:
        quiet(base, env, "remote", "set-url", "origin", prefix + url)
        return once(["git", *settings, "fetch", "-q", "origin", "old"], base, env)

    for name, run in (("clone", clone), ("fetch of 100 commits", fetch), ("fetch of nothing", nothing)):
        sides = {"git": ("",), "muse": ("muse::", "-c", "muse.autoSetup=false"), "follow": ("muse::",)}
        took = interleaved(
            {side: lambda run=run, words=words: run(*words) for side, words in sides.items()},  # type: ignore[misc]
            RUNS,
        )
        bound = 1.05 * took["git"] + start
        row(f"{kind}: {name}", took["muse"], took["git"], "1.05 git + S", bound)
        row("  and a look for metadata", took["follow"], took["git"], "1.05 git + S", bound)


# Many writers --------------------------------------------------------------------------------------------------------


def metadata(writers: int, sessions: int) -> bytes:
    """A fast-import stream: each writer's log with its share of the sessions, a commit per session, and a meta ref."""
    op = {"op": "insert", "address": "a", "position": None, "content_id": "", "content_summary": ""}
    out = []
    for writer in range(writers):

        def log(number: int, writer: int = writer) -> dict[str, bytes]:
            name = f"session {writer} {number}"
            data = b"".join(json.dumps({"op": op, "n": at, "of": name}).encode() + b"\n" for at in range(20))
            return {
                "format": b"muse 1\n",
                session_path(name, "name"): name.encode(),
                session_path(name, "checkpoint.json"): b'{"session_id":"%s"}' % name.encode(),
                segment_path(name, "f" * 32, 1, 20, data): data,
            }

        def meta(number: int, writer: int = writer) -> dict[str, bytes]:
            return {"format": b"muse 1\n", f"deltas/aa/{writer:040x}-{number:040x}.json": b'{"ops":[%d]}' % number}

        out.append(commits(f"refs/muse/log/{writer:020x}", 0, max(1, sessions // writers), log))
        out.append(commits(f"refs/muse/meta/{writer:020x}", 0, max(1, sessions // writers), meta))
    return b"".join(out)


def writers(folder: Path, env: dict[str, str]) -> None:
    """Plain fetch and push beside a repository without metadata; as the refs came in, and after `git gc` over there."""
    print(f"\n{SESSIONS} sessions; plain Git on both sides")
    header("without")
    (folder / "ssh" / "repos").mkdir(parents=True)
    try:
        with servers.sshd(folder / "ssh" / "repos") as ssh:
            base = ssh.address("").removeprefix("muse::").partition(str(folder))[0]
            _writers(folder, {**env, **ssh.login(True)}, {"file": "file://", "ssh": base})
    except pytest.skip.Exception as reason:
        print(f"ssh: left out: {reason}")
        _writers(folder, env, {"file": "file://"})


def _writers(folder: Path, env: dict[str, str], bases: dict[str, str]) -> None:
    for count in WRITERS:
        for packed in (False, True):
            here = folder / f"{count}-{packed}"
            here.mkdir()
            sides = {name: Side(here / name, env, of, packed) for name, of in (("without", 0), ("with", count))}
            for kind, base in bases.items():
                for what in ("fetch", "push"):
                    for side in sides.values():
                        quiet(side.clone, env, "remote", "set-url", "origin", f"{base}{side.server}")
                    for side in sides.values():
                        side.used = []
                    took = interleaved({name: getattr(side, what) for name, side in sides.items()}, MANY)
                    label = f"{kind}: {what}, {count} writers{', after git gc' if packed else ''}"
                    row(label, took["with"], took["without"], "1.10 without", 1.1 * took["without"])
                    if kind == "file":  # both ends are our children, and processor time is steadier than the clock
                        used = {name: statistics.median(side.used) for name, side in sides.items()}
                        row(
                            "  processor time of both ends",
                            used["with"],
                            used["without"],
                            "1.10 without",
                            1.1 * used["without"],
                        )


class Side:
    """A server repository, with or without metadata, and a clone of plain Git."""

    def __init__(self, folder: Path, env: dict[str, str], writers: int, packed: bool) -> None:
        folder.mkdir()
        self.env, self.server, self.clone, self.at = env, history(folder, env, 1000), folder / "clone", 0
        self.used: list[float] = []
        quiet(folder, env, "clone", "-q", f"file://{self.server}", str(self.clone))
        if writers:
            quiet(self.server, env, "fast-import", "--quiet", feed=metadata(writers, SESSIONS))
        if packed:
            quiet(self.server, env, "gc", "-q")

    def _next(self, where: Path, ref: str) -> None:
        self.at += 1
        quiet(
            where,
            self.env,
            "fast-import",
            "--quiet",
            "--force",
            feed=commits(ref, 10**6 + self.at, 1, change, f"{ref}^0"),
        )

    def fetch(self) -> float:
        """One new commit comes in."""
        self._next(self.server, "refs/heads/main")
        return self._timed("fetch", "-q", "origin", "main")

    def push(self) -> float:
        """One new commit goes out."""
        if not self.at or "side" not in quiet(self.clone, self.env, "branch"):
            quiet(self.clone, self.env, "branch", "side")
        self._next(self.clone, "refs/heads/side")
        return self._timed("push", "-q", "origin", "side")

    def _timed(self, *words: str) -> float:
        before = processor()
        took = once(["git", *words], self.clone, self.env)
        self.used.append(processor() - before)
        return took


def processor() -> float:
    """Seconds all children have used the processor so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# Agents --------------------------------------------------------------------------------------------------------------

AGENT = """
import struct, subprocess, sys
me, each, notes = map(int, sys.argv[1:])

def score(pitches):
    data = b"".join(bytes([0, 0x90, pitch, 64, 0x83, 0x60, 0x80, pitch, 64]) for pitch in pitches)
    data += bytes([0, 0xFF, 0x2F, 0])
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(data)) + data

def write(pitches):
    with open("a.mid", "wb") as file:
        file.write(score(pitches))

pitches = [30 + at for at in range(notes)]
if me < 0:  # the score before and after
    write(pitches if me == -1 else [pitch + 50 for pitch in pitches])
for at in range(me * each, (me + 1) * each) if me >= 0 else ():
    pitches[at] += 50
    write(pitches)
    subprocess.run(["git", "commit", "-qam", f"note {at}"], check=True)
    subprocess.run(["git", "push", "-q", "origin", "HEAD:main"], check=True)
"""


def agents(folder: Path, env: dict[str, str], count: int = 16, pushes: int = 3) -> None:
    """Sixteen clones change three notes each of one score and push every change to one branch; all must be there."""
    notes = str(count * pushes)
    source, wanted = folder / "source", folder / "wanted"
    quiet(folder, env, "init", "-q", str(source))
    wanted.mkdir()
    (source / ".museattributes").write_text('[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "join"\n')
    for where, what in ((source, "-1"), (wanted, "-2")):
        subprocess.run([sys.executable, "-c", AGENT, what, "0", notes], cwd=where, check=True)
    quiet(source, env, "add", "-A")
    quiet(source, env, "commit", "-qm", "first")
    quiet(folder, env, "clone", "-q", "--bare", str(source), "server")
    for number in range(count):
        quiet(folder, env, "clone", "-q", f"muse::{folder / 'server'}", f"w{number}")
    began = time.perf_counter()
    command = [sys.executable, "-c", AGENT]
    running = [
        subprocess.Popen(
            [*command, str(number), str(pushes), notes], cwd=folder / f"w{number}", env=env, stderr=subprocess.DEVNULL
        )
        for number in range(count)
    ]
    codes = [process.wait() for process in running]
    took = time.perf_counter() - began
    shown = ["git", "show", "main:a.mid"]
    found = subprocess.run(shown, cwd=folder / "server", env=env, capture_output=True, check=True).stdout
    same = "every edit is there" if found == (wanted / "a.mid").read_bytes() else "EDITS ARE MISSING"
    print(
        f"{count} clones change {pushes} notes each of one score and push every change to one branch: {took:.1f} s, "
        f"{sum(map(bool, codes))} failed, {same}",
        flush=True,
    )


# Checkpoints ---------------------------------------------------------------------------------------------------------


def checkpoints_part(folder: Path, env: dict[str, str], count: int = 4, each: int = 250, ops: int = 100) -> None:
    """A thousand checkpoints of a hundred ops from four writers: one push each, one fetch for all."""
    quiet(folder, env, "init", "-q", "--bare", "server")
    expected = 0
    sending = []
    for number in range(count):
        clone = folder / f"w{number}"
        quiet(folder, env, "clone", "-q", f"muse::{folder / 'server'}", str(clone))
        began = time.perf_counter()
        repo, log = Repository(clone), OpLog(clone, "jam")
        for at in range(each):
            made = [_insert(f"{number} {at} {op}") for op in range(ops)]
            expected += len(log.record(f"agent{number}", "files", made))
            checkpoints.save(repo, log, log.checkpoint(f"{at}"))
        repo.close()
        if number == 0:
            print(f"{each} checkpoints of {ops} ops by one writer: {time.perf_counter() - began:.1f} s", flush=True)
        quiet(clone, env, "commit", "-q", "--allow-empty", "-m", "x")
        sending.append(once(["git", "push", "-q", "origin", f"HEAD:refs/heads/b{number}"], clone, env))
    clone = folder / "reader"
    quiet(folder, env, "clone", "-q", "-c", "muse.metadata=false", f"muse::{folder / 'server'}", str(clone))
    quiet(clone, env, "config", "--unset", "muse.metadata")
    fetching = once(["git", "fetch", "-q"], clone, env)
    began = time.perf_counter()
    log = OpLog(clone, "jam")
    report = checkpoints.pull(Repository(clone), log)
    reading = time.perf_counter() - began
    found = len({entry["op_id"] for entry in log.read_all()})
    print(
        f"{count * each} checkpoints of {ops} ops from {count} writers: one push each {max(sending):.2f} s at most, "
        f"one fetch {fetching:.2f} s,\n  taken into the reader's log in {reading:.1f} s: {found} of {expected} ops, "
        f"{len(report.quarantined)} in quarantine",
        flush=True,
    )


def _insert(name: str) -> Any:
    return InsertOp(op="insert", address=name, position=None, content_id="", content_summary="", content={"n": name})


PARTS = {"transports": transports, "writers": writers, "agents": agents, "checkpoints": checkpoints_part}


def main() -> int:
    """Print the parts asked for."""
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="muse-bench-", dir=os.environ.get("MUSE_BENCH_DIR")) as folder:
            env = environment(Path(folder) / "home")
            env["PATH"] = f"{BIN}{os.pathsep}{env['PATH']}"
            os.environ["PATH"] = env["PATH"]
            work = Path(folder) / "work"
            work.mkdir()
            PARTS[name](work, env)
    return 0


if __name__ == "__main__":
    sys.exit(main())
