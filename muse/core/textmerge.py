"""Git's own three-way text merge, which no merge of ours may be worse than.

The bytes come from `git merge-file`, so the answer is Git's by construction. Inputs with NUL bytes are binary to Git
and have no text merge (None).
"""

from __future__ import annotations

import os

from muse.core.errors import MuseError
from muse.core.options import MergeOptions

_SNIFF = 8000


def is_binary(data: bytes) -> bool:
    """Git's own test: a NUL in the first 8,000 bytes."""
    return b"\0" in data[:_SNIFF]


def merge_text(base: bytes, ours: bytes, theirs: bytes, how: MergeOptions) -> tuple[bytes, int] | None:
    """Git's merge and the number of conflicts left in it (0: clean); None when Git calls an input binary."""
    style = {"diff3": ["--diff3"], "zdiff3": ["--zdiff3"]}.get(how.conflict_style, [])
    labels = ["-L", how.ours_label, "-L", how.base_label, "-L", how.theirs_label]
    return _run([*style, "--marker-size", str(how.marker_size), *labels], base, ours, theirs)


def merge_union(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Git's union merge: both sides' lines at each conflict, ours first."""
    merged = _run(["--union"], base, ours, theirs)
    return None if merged is None else merged[0]


def _run(flags: list[str], base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, int] | None:
    if is_binary(base) or is_binary(ours) or is_binary(theirs):
        return None
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="muse-merge-") as folder:
        names = []
        for name, data in (("ours", ours), ("base", base), ("theirs", theirs)):
            names.append(os.path.join(folder, name))
            with open(names[-1], "wb") as file:
                file.write(data)
        command = ["git", "merge-file", "-p", "-q", *flags, *names]
        try:
            done = subprocess.run(command, capture_output=True, check=False, cwd=folder)
        except OSError as error:
            raise MuseError(f"cannot run git merge-file: {error}", hint="is git on PATH?") from None
    if done.returncode < 0 or done.returncode > 127:
        return None
    return done.stdout, done.returncode
