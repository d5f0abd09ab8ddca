"""`make bench`: every benchmark beside its peer. Each part also runs alone: `python benchmarks/<part>.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARTS = ("main_job.py", "people.py", "whole_merges.py", "oplog.py", "crdts.py", "agents.py", "session_commit.py")


def main() -> None:
    """Run the parts one after the other; a part that breaks is named at the end."""
    here = Path(__file__).parent
    broken = [part for part in PARTS if subprocess.run([sys.executable, here / part], check=False).returncode]
    if broken:
        raise SystemExit(f"bench: did not finish: {', '.join(broken)}")


if __name__ == "__main__":
    main()
