"""Readers of what anybody may have written, fed with damaged input: briefly here, for long in `make soak`.

`make soak` gives each target MUSE_FUZZ_SECONDS (20) of coverage-guided fuzzing where atheris is installed, else of
mutations, and prints how many inputs that were.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.targets import LONGEST, SIZE, Target, table

TARGETS = table()
SEED = int(os.environ.get("MUSE_SOAK_SEED", "16"))
SECONDS = int(os.environ.get("MUSE_FUZZ_SECONDS", "20"))  # read here: no test sees what the user has set
WORDS = [b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"-1", b"1e999", b"null", b"[" * 300, b'{"a":' * 300, b"\r\n",
         b"\\ud800", b"\xed\xa0\x80", b"9" * 5000, b"\x1b[2J", b"%00", b"NaN", b"true", b"<", b"*" * 60]  # fmt: skip


def mutated(draw: random.Random, target: Target) -> bytes:
    """A seed with a few bytes changed, pieces cut, doubled or moved, and words that are often read wrongly."""
    data = bytearray(draw.choice(target.seeds))
    for _ in range(draw.randrange(1, 6)):
        at = draw.randrange(len(data) + 1)
        end = min(len(data), at + draw.randrange(1, 40))
        match draw.randrange(6):
            case 0 if at < len(data):
                data[at] = draw.randrange(256)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * draw.randrange(1, 4)
            case 3:
                data[at:end] = draw.choice(WORDS)
            case 4:
                data[at:at] = draw.choice(draw.choice(list(TARGETS.values())).seeds)[: draw.randrange(60)]
            case _ if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
    return bytes(data[: 2 * SIZE])


def fed(name: str, data: bytes) -> None:
    """One input, with what it was when something comes of it."""
    begun = time.process_time()
    try:
        TARGETS[name].run(data)
    except BaseException as error:
        raise AssertionError(f"{name}: {data!r}") from error
    assert time.process_time() - begun < LONGEST, f"{name}: {data!r}"


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_refused_in_words(name: str) -> None:
    draw = random.Random(f"{SEED} {name}")
    for seed in TARGETS[name].seeds:
        fed(name, seed)
    for _ in range(60):
        fed(name, mutated(draw, TARGETS[name]))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TARGETS)
def test_for_long(name: str, tmp_path: Path) -> None:
    seconds = SECONDS
    if importlib.util.find_spec("atheris") is None:
        draw, ends, count = random.Random(f"{SEED} {name}"), time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            fed(name, mutated(draw, TARGETS[name]))
            count += 1
        print(f"{name}: {count} mutated inputs in {seconds} s (atheris is not installed: not guided by coverage)")
        return
    words = [
        sys.executable,
        "-m",
        "tests.fuzz.guided",
        name,
        f"-max_total_time={seconds}",
        f"-artifact_prefix={tmp_path}/",
    ]
    root = Path(__file__).parents[2]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=seconds + 300, check=False)
    found = re.search(r"Done (\d+) runs", done.stderr)
    assert done.returncode == 0 and found, done.stdout[-3000:] + done.stderr[-3000:]
    print(f"{name}: {found[1]} inputs in {seconds} s, guided by coverage (atheris)")
