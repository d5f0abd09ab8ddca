"""Programs started without `subprocess`, whose import takes longer than a small merge; with it where there is no other
way."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence


def run(argv: Sequence[str], streams: Mapping[int, int], env: Mapping[str, str] | None = None) -> int:
    """Run a program to its end: its exit code, negative for a signal. `streams`: its descriptors 0 to 2 by ours; what
    is not named there is ours. OSError when it cannot be started."""
    if not hasattr(os, "posix_spawnp"):
        import subprocess

        stdin, stdout, stderr = (streams.get(fd) for fd in range(3))
        done = subprocess.run(list(argv), stdin=stdin, stdout=stdout, stderr=stderr, env=env, check=False)
        return done.returncode
    actions = [(os.POSIX_SPAWN_DUP2, ours, its) for its, ours in streams.items()]
    pid = os.posix_spawnp(argv[0], list(argv), os.environ if env is None else env, file_actions=actions)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
