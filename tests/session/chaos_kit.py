"""What chaos is made of besides people: agents that write through pipes, wrong clocks, copies of clones, `git gc`."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

APPEND = [sys.executable, "-m", "muse.cli", "session", "append", "jam"]
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
CLOCKS = ("", "-400d", "+3h", "-1d")  # of the clones, in their order


def clock(offset: str) -> dict[str, str]:
    """The environment of processes whose clock is wrong by so much; where faketime is not installed, the right one."""
    if not offset or FAKETIME is None:
        return {}
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "0",
        "NO_FAKE_STAT": "1",
    }


@contextmanager
def wrong_clock(offset: str) -> Iterator[None]:
    """Processes that the one at work starts meanwhile have it; what runs beside takes `right_clock` or its own."""
    with mock.patch.dict(os.environ, clock(offset)):
        yield


def right_clock() -> dict[str, str]:
    """The environment without a wrong clock, whoever has one at the moment."""
    wrong = clock(CLOCKS[1])
    return {name: value for name, value in os.environ.copy().items() if name not in wrong}


class Agent:
    """One writer in one clone, a process that lives long and is killed now and then; every answer is noted.

    `op` makes the next op and says which thing it sets to what: ((file, function), value), None for one that sets
    nothing. `last` is what was acknowledged last of each, `doubt` what was sent after that and not answered.
    """

    def __init__(self, root: Path, name: str, env: dict[str, str], op: Callable[[random.Random], tuple[Any, Any]]):
        self.root, self.name, self.env, self.op = root, name, env, op
        self.dice = random.Random(name)
        self.acks: set[str] = set()
        self.refused: dict[str, int] = {}
        self.last: dict[Any, str] = {}
        self.doubt: dict[Any, set[str]] = {}
        self.kills = 0
        self._process: subprocess.Popen[bytes] | None = None

    def one(self) -> None:
        """One op, and its answer."""
        if self._process is None or self._process.poll() is not None:
            self.rest()
            self._process = subprocess.Popen(
                [*APPEND, "--actor", self.name], cwd=self.root, env={**right_clock(), **self.env},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        process, (op, sets) = self._process, self.op(self.dice)
        assert process.stdin is not None and process.stdout is not None
        if sets:
            self.doubt.setdefault(sets[0], set()).add(sets[1])
        try:
            process.stdin.write(json.dumps({"op": op}).encode() + b"\n")
            process.stdin.flush()
            if self.dice.random() < 0.01:
                self.kills += 1
                time.sleep(self.dice.uniform(0, 0.02))
                process.kill()
            answer = json.loads(process.stdout.readline() or b"{}")
        except (OSError, ValueError):
            return
        if "ack" in answer:
            self.acks.add(answer["ack"])
            if sets:
                self.last[sets[0]] = sets[1]
                self.doubt[sets[0]].clear()
        elif answer:
            why = f"{answer.get('code')}: {answer.get('error')}"[:100]
            self.refused[why] = self.refused.get(why, 0) + 1

    def rest(self) -> None:
        """No more for now."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with suppress_broken():
                        stream.close()
            self._process = None


@contextmanager
def suppress_broken() -> Iterator[None]:
    try:
        yield
    except OSError:
        pass  # what was in its buffer goes with the process


class Beside:
    """Threads that do something over and over until the end; what comes out of them is raised there."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.errors: list[Exception] = []

    def begin(self, work: Callable[[], None], pause: Callable[[], float]) -> None:
        def loop() -> None:
            try:
                while not self._stop.wait(pause()):
                    work()
            except Exception as error:  # noqa: BLE001 - raised by `end`
                self.errors.append(error)

        self._threads.append(threading.Thread(target=loop, daemon=True))
        self._threads[-1].start()

    def end(self) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()
        if self.errors:
            raise self.errors[0]


def collect_garbage(root: Path) -> None:
    """As Git does of itself: nobody's fault if a lock is in its way."""
    subprocess.run(["git", "gc", "-q"], cwd=root, capture_output=True, check=False, env=right_clock())


def copied(root: Path, to: Path) -> None:
    """`cp -r` of a clone in which others write meanwhile; files that went on the way are left out."""

    def copy(source: str, target: str) -> None:
        try:
            shutil.copy2(source, target)
        except FileNotFoundError:
            pass

    shutil.copytree(root, to, symlinks=True, copy_function=copy)
    for lock in (to / ".git").rglob("*.lock"):
        lock.unlink(missing_ok=True)  # as Git says one may


__all__ = ["CLOCKS", "Agent", "Beside", "clock", "collect_garbage", "copied", "right_clock", "wrong_clock"]
