"""Compilers as oracles: where both sides build and the merge is clean, the merge builds."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from muse.plugins.code.merge.file import merge_code

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "fixtures" / "code"
CASES = 60
SECONDS = 60

# Sample, the program that has to be there, and its arguments.
COMPILERS = {
    "shelf.py": (sys.executable, "-m", "py_compile", "FILE"),
    "shelf.js": ("node", "--check", "FILE"),
    "shelf.go": ("go", "vet", "FILE"),
    "shelf.rs": (
        "rustc",
        "--edition=2021",
        "--emit=metadata",
        "--crate-type=lib",
        "-Awarnings",
        "--out-dir=OUT",
        "FILE",
    ),
    "Shelf.java": ("javac", "-nowarn", "-d", "OUT", "FILE"),
    "shelf.c": ("cc", "-fsyntax-only", "-w", "FILE"),
}


def builds(command: tuple[str, ...], name: str, text: str, folder: Path) -> bool:
    file = folder / name
    file.write_text(text)
    line = [word.replace("FILE", str(file)).replace("OUT", str(folder)) for word in command]
    return not subprocess.run(line, cwd=folder, capture_output=True, timeout=SECONDS, check=False).returncode


@pytest.mark.soak
@pytest.mark.parametrize("sample", sorted(COMPILERS))
def test_what_builds_on_both_sides_builds_merged(
    sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: pytest.RecordProperty
) -> None:
    command = COMPILERS[sample]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed here")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from file_cases import case_of
    from file_cuts import written

    text = (SAMPLES / sample).read_text()
    if not builds(command, sample, text, tmp_path):
        pytest.skip(f"{command[0]} does not build {sample} by itself")
    counts: Counter[str] = Counter()
    for number in range(CASES):
        found = case_of(sample, text, random.Random(f"{sample} {number}"))
        if found is None:
            continue
        cut, kind, case = found
        base, ours, theirs = (written(cut, units) for units in case[:3])
        merged = merge_code(sample, base.encode(), ours.encode(), theirs.encode())
        if merged.conflicts or merged.content is None:
            counts["conflict"] += 1
        elif not (builds(command, sample, ours, tmp_path) and builds(command, sample, theirs, tmp_path)):
            counts["a side does not build"] += 1
        else:
            assert builds(command, sample, merged.content.decode(), tmp_path), (number, kind)
            counts["builds"] += 1
    print(f"\n{sample}: {dict(counts)}")
    assert counts["builds"]
