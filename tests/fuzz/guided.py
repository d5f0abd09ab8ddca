"""Coverage-guided runs: `python -m tests.fuzz.guided TARGET [-max_total_time=600]`; needs `pip install atheris`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["muse", "git_remote_muse"]):
    from tests.fuzz.targets import LONGEST, SIZE, table


def main() -> None:
    """Fuzz until the time is over; a fault ends it with a traceback and the input in the folder one stands in."""
    target = table()[sys.argv[1]]

    def once(data: bytes) -> None:
        begun = time.process_time()
        target.run(data)
        assert time.process_time() - begun < LONGEST, f"{time.process_time() - begun:.1f} s"

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds):
            Path(corpus, str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], f"-max_len={SIZE}", *sys.argv[2:], corpus], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
