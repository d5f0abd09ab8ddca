"""Every verb, as somebody would type it who has just got a repository, and what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

MUSE = [sys.executable, "-P", "-m", "muse.cli"]  # as the installed script, nothing of the folder one stands in
ROOM = 4 << 30  # bytes of addresses a process may have, so that a bomb takes itself and not the machine
OP = json.dumps({"op": {"op": "insert", "address": "new.txt", "content": "x\n"}}) + "\n"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x",
            "version": "1"}}}  # fmt: skip

LOOK = [
    "log", "log --all -n 20", "log --json -n 20", "log --graph --notes -n 5", "log --symbol lib.py::first", "show",
        "show topic", "show --json", "status", "status --json",
    "diff", "diff topic", "diff HEAD~1 HEAD", "diff --cached", "diff --json topic main", "blame lib.py",
        "blame --notes song.mid", "grep-notes --pitch C4",
    "grep-notes --rev topic --pitch C4..G5", "notes song.mid", "symbols lib.py", "symbols --rev topic lib.py",
        "review", "branch", "tag", "branch --json",
    "conflicts", "conflicts --joined", "claims", "session list", "session status jam", "session show jam",
        "session list --json", "render -o -", "render -o - topic",
    "render -o - topic..main", "doctor", "doctor lib.py song.mid", "domains", "languages", "verify --no-fsck",
        "verify", "merge --dry-run topic", "merge-tree main topic", "merge-tree --json topic main",
    "completion bash", "solve -n notes.txt", "bot --base main --head topic",
]  # fmt: skip
CHANGE = [
    "claim lib.py", "release --all", "session start jam", "session append jam", "session commit jam",
        "session undo jam --last 1", "session commit jam --partial --accept-damage",
    "session watch jam --once", "session follow jam --all -n 1", "session redeliver jam", "session repair jam",
        "session expunge jam --told", "merge topic",
    "conflicts", "conflicts --suggest", "render -o - --conflicts", "resolve --ours {conflicted}", "merge --abort",
        "commit -m more", "checkout -q topic", "checkout -q main", "sync", "sync --no-push", "gc", "install",
    "uninstall", "install", "mcp", "verify --repair", "log -n 3", "commit --amend --no-edit",
]  # fmt: skip


IN_CLONES = [
    "log",
    "status",
    "session list",
    "session status jam",
    "verify --no-fsck",
    "merge origin/topic",
    "merge --abort",
    "sync",
]
CLONE = ["git", "clone", "-q"]
THROUGH = [["git", "push", "-q", "helper", "HEAD:refs/heads/pushed"], ["git", "fetch", "-q", "helper"]]


class Answer(NamedTuple):
    """How a verb ended: `seconds` of wall clock, `cpu` of it and its children, `peak` in MB."""

    words: str
    code: int
    seconds: float
    cpu: float
    peak: float
    out: bytes
    err: bytes

    def faults(self) -> list[str]:
        """What must not be, whatever it was given."""
        text = self.err.decode("utf-8", "replace")
        found = []
        if "Traceback" in text or "internal error" in text or ("Error:" in text and "usage" in text):
            found.append("a traceback")
        if self.code < 0 or self.code not in (0, 1, 2, 3, 4, 5, 128, 129, 130, 141):
            found.append(f"exit code {self.code}")
        if self.code and self.code != 1 and not text.strip():
            found.append("no line that says why")
        if len(text) > 20_000:
            found.append(f"{len(text)} characters of complaints")
        if self.words.startswith("git "):
            text = text.replace("on the remote side.\0", "")  # Git itself sends this sentence with its final zero
        acts = [
            char
            for char in text
            if (ord(char) < 32 and char not in "\n\t\r") or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\u200f"
        ]
        if acts:
            found.append(f"prints {acts[:3]!r} on stderr")
        return found


def group_cpu(group: int) -> float:
    """Seconds of processor time the living processes of a group have used."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except (OSError, UnicodeDecodeError):
            continue
        if int(fields[2]) == group:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def run(
    where: Path,
    words: Sequence[str],
    env: Mapping[str, str],
    *,
    input: bytes = b"",
    limit: float = 60.0,
    name: str = "",
) -> Answer:
    """Run a program with its peak and time; killed with its children after `limit` seconds of work (exit code -9)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(input)
        given.seek(0)
        begun = time.monotonic()
        child = subprocess.Popen(
            ["prlimit", f"--as={ROOM}", *words],
            cwd=where, env=dict(env), stdin=given, stdout=out, stderr=err, start_new_session=True,
        )  # fmt: skip
        usage, code = None, None
        looked, spent = 1.0, 0.0
        while code is None:
            done, status, usage = os.wait4(child.pid, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() - begun > looked:
                looked += 0.5
                spent = max(spent, group_cpu(child.pid))
                if spent < limit and looked < 10 * limit:
                    continue
                os.killpg(child.pid, signal.SIGKILL)
                _, status, usage = os.wait4(child.pid, 0)
                code = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.005)
        child.returncode = code
        seconds = time.monotonic() - begun
        out.seek(0), err.seek(0)
        assert usage is not None
        said = name or " ".join(words)
        return Answer(
            said,
            code,
            seconds,
            max(spent, usage.ru_utime + usage.ru_stime),
            usage.ru_maxrss / 1024,
            out.read(1 << 24),
            err.read(1 << 22),
        )


def conflicted(where: Path) -> list[str]:
    done = subprocess.run(
        ["git", "diff", "--name-only", "--diff-filter=U", "-z"], cwd=where, capture_output=True, check=False
    )
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def call(where: Path, verb: str, env: Mapping[str, str], *, limit: float = 60.0) -> Answer:
    """One verb with its input."""
    words = verb.split()
    if "{conflicted}" in words:
        at = words.index("{conflicted}")
        words[at : at + 1] = ["--", *(conflicted(where)[:50] or ["notes.txt"])]
    given = b""
    if verb.startswith("session append"):
        given = OP.encode()
    elif verb == "mcp":
        tool = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_sessions", "arguments": {}}}
        given = b"".join(
            json.dumps(part).encode() + b"\n"
            for part in (CALL, {"jsonrpc": "2.0", "method": "notifications/initialized"}, tool)
        )
    return run(where, [*MUSE, *words], env, input=given, limit=limit, name=verb)
