"""git, dulwich and libgit2 at what Muse does with them, in processor time: `python benchmarks/git_libraries.py`.

The figures of ARCHITECTURE, "Who reads and writes Git's data". Processor time, children included, so that a busy
machine says nearly the same; the lowest of nine runs.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from muse.store.repository import Repository

FILES = 10_000


def spent() -> float:
    """Milliseconds of processor time of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum(each.ru_utime + each.ru_stime for each in used)


def lowest(call: Callable[[], object], runs: int = 9) -> float:
    found = []
    for _ in range(runs):
        before = spent()
        call()
        found.append(spent() - before)
    return min(found)


def row(what: str, **calls: Callable[[], object]) -> None:
    print(f"{what:36} " + "  ".join(f"{name} {lowest(call):7.1f}" for name, call in calls.items()))


def python(code: str) -> float:
    return lowest(lambda: subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL))


def main() -> None:
    """Print a line for each."""
    import pygit2

    with tempfile.TemporaryDirectory() as folder:
        repo = _filled(Path(folder))

        def git(*args: str, text: bytes | None = None) -> bytes:
            return subprocess.run(["git", *args], cwd=repo.root, input=text, capture_output=True, check=True).stdout

        bare = python("import muse.cli.main, muse.store.objects.database")
        for name in ("dulwich.objects", "muse.store.objects.disk", "pygit2"):
            print(
                f"loading {name:28} {python(f'import muse.cli.main, muse.store.objects.database, {name}') - bare:7.1f}"
            )
        _write(repo)
        lib = pygit2.Repository(os.fspath(repo.root))
        commits = git("rev-list", "HEAD").decode().split()
        row("status", git=lambda: git("status", "--porcelain=v2", "-z"), libgit2=lambda: lib.status())
        row(
            "diff of two trees",
            git=lambda: git("diff-tree", "-r", "-z", "--raw", commits[0], commits[1]),
            libgit2=lambda: list(lib.diff(commits[0], commits[1], context_lines=0).deltas),
        )
        row("walk of 300", git=lambda: git("rev-list", "HEAD"), libgit2=lambda: list(lib.walk(lib.head.target)))
        row("blame", git=lambda: git("blame", "--porcelain", "0/0"), libgit2=lambda: len(lib.blame("0/0")))
        blobs = [line.split()[2] for line in git("ls-tree", "-r", "HEAD").splitlines()]
        for count in (10, 1000, FILES):
            wanted = b"\n".join(blobs[:count]) + b"\n"
            names = [name.decode() for name in blobs[:count]]
            row(
                f"read {count} blobs",
                git=lambda wanted=wanted: git("cat-file", "--batch", text=wanted),  # type: ignore[misc]
                libgit2=lambda names=names: [lib[name].data for name in names],  # type: ignore[misc]
            )


def _filled(folder: Path) -> Repository:
    """Ten thousand files and three hundred commits of one of them."""
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    repo = Repository(folder)
    for n in range(FILES):
        path = folder / str(n % 100) / str(n)
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{n}\n" * 10)
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0")
    repo.git("add", "-A")
    for n in range(300):
        with (folder / "0" / "0").open("a") as file:
            file.write(f"line {n}\n")
        repo.git(*who, "commit", "-q", "-a", "-m", str(n))
    return repo


def _write(repo: Repository) -> None:
    for count in (3, 150, 10_000):

        def write(count: int = count) -> None:
            with repo.writer() as writer:
                for n in range(count):
                    writer.blob(b"%d " % n + os.urandom(8).hex().encode() * 20)

        print(f"dulwich writes {count:21} {lowest(write, 3):7.1f}")


if __name__ == "__main__":
    main()
