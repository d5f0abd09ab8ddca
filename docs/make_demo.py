"""Rebuild the pictures of the demo: `python docs/make_demo.py`. A test checks that they are current.

Runs the demo at a fixed time, then `muse render` in what is left of it: docs/demo/merge.html (the clean merge of two
people), docs/demo/conflict.html (one note, two velocities) and docs/demo/merge.svg (the README's picture).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "examples" / "demo"))
import pieces  # noqa: E402

TARGET = HERE / "demo"
NOON = "2026-01-02T12:00:00+00:00"


def pictures(folder: Path) -> dict[str, bytes]:
    """Every picture by its name, from the demo in `folder`/out, which is run when it is not there."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env.update(GIT_AUTHOR_DATE=NOON, GIT_COMMITTER_DATE=NOON, TZ="UTC", LC_ALL="C.UTF-8")
    top = folder / "out"

    def run(*words: str, where: Path = top / "bob", code: int = 0) -> None:
        home = {"GIT_CONFIG_GLOBAL": str(top / "home/.gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"} if top.exists() else {}
        done = subprocess.run(words, cwd=where, env={**env, **home}, capture_output=True, text=True, check=False)
        if done.returncode != code:
            raise SystemExit(f"{' '.join(words)} exited with {done.returncode}\n{done.stdout}{done.stderr}")

    if not top.exists():
        run(sys.executable, str(HERE.parent / "examples" / "demo" / "run.py"), str(top), where=folder)
    run("git", "switch", "-q", "-c", "bob", "main~2^1")  # as it was before the pull, whose message names our folder
    run("git", "branch", "alice", "main~2^2")
    run("git", "merge", "-q", "-m", "Merge Alice's octave and rename", "alice")
    run("muse", "render", "--no-staff", "-o", "../merge.html")
    run("muse", "render", "--svg", "-o", "../merge.svg", "HEAD", "menuet.mid")
    for branch, message, velocity in (("loud", "Loud first note", 112), ("soft", "Soft first note", 40)):
        run("git", "switch", "-q", "-c", branch, "bob")
        score = pieces.minuet(bass_shift=12, beat=True, curve=True, velocities={0: velocity})
        (top / "bob" / "menuet.mid").write_bytes(score)
        run("git", "commit", "-q", "-a", "-m", message)
    run("git", "merge", "-q", "loud", code=1)
    run("muse", "render", "--no-staff", "-o", "../conflict.html")
    return {name: (top / name).read_bytes() for name in ("merge.html", "merge.svg", "conflict.html")}


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for picture, data in pictures(Path(name)).items():
            (TARGET / picture).write_bytes(data)
            print(f"docs/demo/{picture}: {len(data) / 1024:.0f} KB")
