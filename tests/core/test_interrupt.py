"""Ctrl-C that comes while a module is imported, or something is cleaned up: it is late, and not lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, signal, sys, time
from muse.core import interrupt
interrupt.listen()
class Thing:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.02)
        print("cleaned", flush=True)
try:
    {what}
    time.sleep(20)
    print("lost")
except KeyboardInterrupt:
    print("interrupted", "slow" in sys.modules and getattr(sys.modules["slow"], "done", False))
"""
SLOW = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.02)\ndone = True\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no os.kill with SIGINT to oneself there")
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("import slow", ["interrupted True"]),
        ("thing = Thing(); del thing", ["cleaned", "interrupted False"]),
        ("os.kill(os.getpid(), signal.SIGINT)", ["interrupted False"]),
    ],
)
def test_it_waits_until_it_is_safe(what: str, said: list[str], tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{PROGRAM.format(what=what)}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (said, "", 0)
