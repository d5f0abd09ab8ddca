"""What people wait for: help, status, the first page of a long log, a page of pictures; beside Git, in one run.

    python benchmarks/people.py          (MUSE_BENCH_RUNS=7, MUSE_BENCH_COMMITS=20000)

The page is a merge of a score of 10,000 notes in base, ours, theirs and result, made by `muse render` and opened in
headless Chromium; where there is no Chromium, that line is left out and it is said.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from timing import RUNS, bare_start, environment, header, interleaved, once, row

COMMITS = int(os.environ.get("MUSE_BENCH_COMMITS", "20000"))
SCREEN = 50  # lines
Env = dict[str, str]


def history(top: Path, env: Env) -> Path:
    """COMMITS commits, each changing one function of one of a hundred programs, in one stream to `git fast-import`."""
    repo = top / "history"
    once(["git", "init", "-q", str(repo)], top, env)
    stream: list[bytes] = []

    def data(text: str) -> bytes:
        return b"data %d\n%s\n" % (len(text.encode()), text.encode())

    for number in range(COMMITS):
        path = f"lib/m{number % 100}.py"
        text = "".join(f"def f{n}(x):\n    return x + {n * (number // 100)}\n\n\n" for n in range(5))
        stream.append(b"commit refs/heads/main\ncommitter Bench <bench@example.org> %d +0000\n" % (1700000000 + number))
        stream.append(data(f"Change number {number}") + f"M 100644 inline {path}\n".encode() + data(text))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo, env=env, input=b"".join(stream), check=True)
    once(["git", "reset", "-q", "--hard", "main"], repo, env)
    once(["git", "commit-graph", "write"], repo, env)
    return repo


def first_page(command: list[str], repo: Path, env: Env) -> float:
    """Seconds until a reader has the first lines and goes away, as a pager's user sees it."""
    line = f"{' '.join(command)} | head -n {SCREEN} >/dev/null"
    return once(["sh", "-c", line], repo, env)


def long_merge(top: Path, env: Env) -> Path:
    """A merge left open: a score of 10,000 notes, of which both sides changed some, one of them the same."""
    repo = top / "merge"
    once(["git", "init", "-q", str(repo)], top, env)
    bars = 10_000 // 16

    def put(branch: str, loud: dict[int, int], start: str = "main") -> None:
        once(["git", "switch", "-q", "-c", branch, *([start] if branch != "main" else [])], repo, env)
        (repo / "long.mid").write_bytes(song(bars, loud))
        once(["git", "add", "-A"], repo, env)
        once(["git", "commit", "-q", "-m", branch], repo, env)

    put("main", {})
    put("topic", dict.fromkeys(range(0, 10000, 50), 100))
    put("ours", dict.fromkeys([0, *range(25, 10000, 50)], 30))
    once(["muse", "install"], repo, env)
    once(["git", "merge", "-q", "topic"], repo, env, expect=1)
    return repo


def song(bars: int, loud: dict[int, int]) -> bytes:
    """Four tracks of four notes a bar; the velocity of note n is `loud[n]`, else 64."""
    tracks = []
    number = 0
    for track in range(4):
        events = []
        for _ in range(bars * 4):
            velocity = loud.get(number, 64)
            pitch = 48 + track * 7 + number * 5 % 24
            events.append(bytes([0, 0x90 | track, pitch, velocity, 60, 0x80 | track, pitch, 0]))
            number += 1
        body = b"".join(events) + b"\x00\xff\x2f\x00"
        tracks.append(b"MTrk" + len(body).to_bytes(4, "big") + body)
    return b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, len(tracks)]) + (240).to_bytes(2, "big") + b"".join(tracks)


def drawn(page: Path, folder: Path) -> float | None:
    """Seconds until Chromium has drawn the page, its median; None where there is none."""
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        return None
    file = Path(__file__).parent.parent / "tests" / "browser" / "webdriver.py"
    spec = importlib.util.spec_from_file_location("webdriver", file)
    assert spec is not None and spec.loader is not None
    webdriver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(webdriver)
    browser = webdriver.Browser(folder / "profile")
    try:
        taken = []
        for _ in range(RUNS):
            browser.open(page)
            taken.append(
                browser.run(
                    "const t = performance.getEntriesByType('navigation')[0];"
                    " return (t.domComplete - t.startTime) / 1000"
                )
            )
        return statistics.median(taken)
    finally:
        browser.close()


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="muse-bench-") as name:
        top = Path(name)
        env = environment(top / "home")
        repo = history(top, env)
        sides: dict[str, Callable[[], float]] = {
            "S": lambda: bare_start(env, repo),
            "help": lambda: once(["muse", "--help"], repo, env),
            "git help": lambda: once(["git", "-h"], repo, env),
            "log": lambda: first_page(["muse", "log"], repo, env),
            "git log": lambda: first_page(["git", "log", "--stat"], repo, env),
            "status": lambda: once(["muse", "status"], repo, env),
            "git status": lambda: once(["git", "status"], repo, env),
        }
        found = interleaved(sides)
        start = found["S"]
        print(f"S, a bare start of Python: {start * 1000:.1f} ms; {COMMITS} commits; medians of {RUNS}")
        header("git")
        row("muse --help (git -h)", found["help"], found["git help"], "S + 60 ms", start + 0.060)
        row("muse log, first page (git log --stat)", found["log"], found["git log"], "S + 110 ms", start + 0.110)
        row(
            "muse status, nothing changed",
            found["status"],
            found["git status"],
            "2x + S + 60 ms",
            2 * found["git status"] + start + 0.060,
        )
        merge = long_merge(top, env)
        made = once(["muse", "render", "-o", "page.html"], merge, env)
        size = (merge / "page.html").stat().st_size
        verdict = "holds" if size <= 2 << 20 else "MISSED"
        print(f"page of a 10,000-note merge: made in {made:.2f} s, {size / (1 << 20):.2f} MB, bound 2 MB: {verdict}")
        took = drawn(merge / "page.html", top)
        if took is None:
            print("drawn: not measured, chromium and chromedriver are not on PATH (tests/browser/install.sh)")
        else:
            print(f"drawn by Chromium in {took:.2f} s, bound 2 s: {'holds' if took <= 2 else 'MISSED'}")


if __name__ == "__main__":
    main()
