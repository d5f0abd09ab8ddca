"""Many tree diffs from one `git diff-tree --stdin` that stays open: Git's own answer, renames included."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

from muse.store.objects.database import asked, end

if TYPE_CHECKING:
    from muse.store.objects.needs import Basics

FLAGS = ("-r", "-z", "--raw", "--no-abbrev", "-M")


class TreeDiffs:
    """`git diff-tree OLD NEW` again and again; safe to share between threads."""

    def __init__(self, repo: Basics) -> None:
        self._repo = repo
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        # What Git does not take for an id it prints again, and flushes: this is how an answer's end is known, whatever
        # is in it. Nobody who writes paths can know the word.
        self._mark = f"end-{os.urandom(12).hex()}\n".encode()

    def raw(self, old: str, new: str) -> bytes | None:
        """The records of `--raw -z` that lead from one tree to another; None where this git says nothing of them."""
        with self._lock:
            try:
                return self._ask(f"{old} {new}\n".encode())
            except (OSError, EOFError):
                self._close()
                return None
            except BaseException:
                self._close()  # interrupted half way: the rest would be taken for the next answer
                raise

    def _ask(self, question: bytes) -> bytes:
        process = self._started()
        source, sink = process.stdin, process.stdout
        assert source is not None and sink is not None
        source.write(question + self._mark)
        source.flush()
        if sink.readline() != question:
            raise EOFError
        parts: list[bytes] = []
        rest = b""
        while not rest.endswith(self._mark):
            chunk = sink.read1(1 << 16)  # type: ignore[attr-defined]
            if not chunk:
                raise EOFError
            parts.append(chunk)
            rest = (rest + chunk)[-len(self._mark) :]
        return b"".join(parts)[: -len(self._mark)]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._pid != os.getpid():
            self._process = None  # a fork's copy: its answers would be our parent's
        if self._process is None:
            self._pid = os.getpid()
            self._process = asked(self._repo, self, "diff-tree", "--stdin", *FLAGS)
        return self._process

    def close(self) -> None:
        """End the git process; the next question starts a new one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end(process)
