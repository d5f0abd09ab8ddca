"""The driver's and the helper's processor time beside those of another checkout, such as one made by `git archive`.

    python benchmarks/driver_starts.py [FOLDER] [--runs 30]

Started as the configured command starts them, `python -EPS`, in a repository. Milliseconds of processor time, the
lowest and the median: whoever else uses the machine changes them little. The first row is the interpreter alone.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from main_job import driver_cases
from timing import environment, once, spent

_DRIVER = "import sys; sys.path.append(sys.argv.pop(1)); from muse.drivers.merge import main; sys.exit(main())"
_HELPER = "import sys; sys.path.append(sys.argv.pop(1)); from git_remote_muse.__main__ import main; sys.exit(main())"


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=30)
    given = parser.parse_args()
    trees = [("here", Path(__file__).parent.parent)] + ([("other", given.other.resolve())] if given.other else [])
    with tempfile.TemporaryDirectory(prefix="muse-bench-") as folder:
        top = Path(folder)
        env = environment(top / "home")
        once(["git", "init", "-q"], top, env)
        once(["git", "config", "muse.mergeDeadline", "60"], top, env)  # a busy machine is no reason to merge as text
        once(["git", "init", "-q", "--bare", "server"], top, env)

        def take(command: list[str], text: bytes, expect: int) -> float:
            before = spent()
            done = subprocess.run(command, cwd=top, env=env, input=text, capture_output=True, check=False)
            if done.returncode != expect:
                raise SystemExit(f"{command} exited with {done.returncode}: {done.stderr.decode()}")
            return 1000 * (spent() - before)

        bare = [take([sys.executable, "-EPS", "-c", "pass"], b"", 0) for _ in range(given.runs)]
        print(f"{'bare start':44} {min(bare):6.1f} {statistics.median(bare):6.1f}")
        for name, (path, sides, expect, _) in driver_cases().items():

            def driver(tree: Path, path: str = path, sides: object = sides, expect: int = expect) -> float:
                for label, data in zip("OAB", sides, strict=True):  # type: ignore[call-overload]
                    (top / label).write_bytes(data)
                words = [sys.executable, "-EPS", "-c", _DRIVER, str(tree), "O", "A", "B", "-p", path]
                return take(words, b"", expect)

            _row(name, trees, driver, given.runs)

        def helper(tree: Path) -> float:
            words = [sys.executable, "-EPS", "-c", _HELPER, str(tree), "origin", str(top / "server")]
            return take(words, b"capabilities\n\n", 0)

        _row("helper, capabilities", trees, helper, given.runs)


def _row(name: str, trees: list[tuple[str, Path]], call: object, runs: int) -> None:
    taken: dict[str, list[float]] = {label: [] for label, _ in trees}
    for _ in range(runs):
        for label, tree in trees:
            taken[label].append(call(tree))  # type: ignore[operator]
    figures = "   ".join(f"{label} {min(found):6.1f} {statistics.median(found):6.1f}" for label, found in taken.items())
    print(f"{name:44} {figures}", flush=True)


if __name__ == "__main__":
    main()
