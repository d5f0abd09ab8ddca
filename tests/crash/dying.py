"""Python that kills itself at the n-th step of writing objects (n in DIE_AT): for the tests that try every n."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

COUNTING = """
import os, signal, subprocess, sys
last, steps = int(os.environ["DIE_AT"]), 0

def counted(real):
    def call(*args, **kwargs):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call
"""
COUNTED = (
    COUNTING
    + """
from muse.store import repository
from muse.store.objects import disk

disk.GitFile = counted(disk.GitFile)
disk.sync_file, disk.fsync_dir = counted(disk.sync_file), counted(disk.fsync_dir)
disk.write_pack_index = counted(disk.write_pack_index)
os.replace, os.mkdir = counted(os.replace), counted(os.mkdir)
"""
)


def killed_at(step: int, code: str, where: Path, *words: str) -> bool:
    """Run code that dies before that step; False when it came to its end first."""
    command = [sys.executable, "-c", COUNTED + code, *words]
    env = {**os.environ, "DIE_AT": str(step)}
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), (step, done.stderr)
    return done.returncode != 0
