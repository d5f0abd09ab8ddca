"""A NATS server on this machine for trying joined sessions out: the one that is installed, with careful settings."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from muse.core.errors import MuseError

PROGRAM = "nats-server"
SBIN = "/usr/sbin:/usr/local/sbin"
"""Where Debian's package puts it, which is not on everybody's PATH."""
PATIENCE = 10.0
"""Seconds it gets to listen."""


def serve(host: str, port: int, folder: Path | None, listening: Callable[[int], None]) -> int:
    """Run it until it ends or we are interrupted; its exit code. Streams are kept in the folder, or not at all.

    MuseError where it is not installed, or cannot listen; `listening` is told the port.
    """
    program = shutil.which(PROGRAM) or shutil.which(PROGRAM, path=SBIN)
    if program is None:
        raise MuseError(
            f"{PROGRAM} is not installed",
            hint=f"apt or brew install {PROGRAM}, or: go install github.com/nats-io/nats-server/v2@latest",
        )
    if not host.startswith("127.") and host not in ("localhost", "::1"):
        raise MuseError(f"a server without passwords does not listen on {host}", hint="docs/live.md sets up a real one")
    port = port or _free_port(host)
    if folder is not None:
        return _run(program, host, port, folder, listening)
    with tempfile.TemporaryDirectory(prefix="muse-live-") as kept:
        return _run(program, host, port, Path(kept), listening)


def _run(program: str, host: str, port: int, folder: Path, listening: Callable[[int], None]) -> int:
    log = folder / f"{PROGRAM}.log"
    log.unlink(missing_ok=True)
    words = [program, "--jetstream", "--addr", host, "--port", str(port), "--store_dir", str(folder), "--log", str(log)]
    before = signal.signal(signal.SIGTERM, _interrupt)
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        until = time.monotonic() + PATIENCE
        while process.poll() is None and not _listens(log):
            if time.monotonic() > until:
                raise MuseError(f"{PROGRAM} does not listen: {_last(log)}")
            time.sleep(0.02)
        if process.poll() is not None:
            raise MuseError(f"{PROGRAM} ended: {_last(log)}", hint="is the port taken? --port N")
        listening(port)
        if code := process.wait():
            how = f"by signal {-code}" if code < 0 else f"with {code}: {_last(log)}"
            raise MuseError(f"{PROGRAM} ended {how}", hint="start it again: clones that joined send what it had")
        return 0
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)
        process.terminate()
        process.wait()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _listens(log: Path) -> bool:
    return "Server is ready" in _text(log)


def _last(log: Path) -> str:
    lines = [line for line in _text(log).splitlines() if line.strip()]
    return lines[-1].partition("] ")[2][:300] if lines else "it says nothing"


def _text(log: Path) -> str:
    try:
        return log.read_text("utf-8", "replace")
    except OSError:
        return ""


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


__all__ = ["serve"]
