"""Merges of real files whose right answer is known because both edits were made here: Muse, Git, mergiraf.

    benchmarks/lawful_files.py FOLDER... [--cases 2000] [--seed N] [--only KIND] [--git] [--mergiraf] [--save FOLDER]
                               [--refused FOLDER] [--op-lists]

A file is cut into entries by its lines alone: definitions between blank lines, keys and elements by their depth,
sections by their heading, lists of lines that look alike. No parser is used and nothing of Muse. One side then moves,
renames, copies, deletes, extracts or adds entries, the other edits some; both done to the list is the answer. A clean
merge is right when it is that list: each entry whole and once, those that nobody moved in their order, and the rest of
the file around. Where both sides bind one name or number there is no clean answer.
Prints right, conflict and wrong per kind and tool, and exits 1 when Muse was clean and wrong. With `--op-lists` it is
asked of every clean result, too, whether its `diff` is what `merge_op_lists` makes of both sides' (a third party's
domain is held to that).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from file_cases import Case, case_of
from file_cuts import DEFINITIONS, KEYS, LINES, SECTIONS, Cut, ending_of, says, valid, written
from lawful_merges import _command, muse


def judged(cut: Cut, case: Case, base: str, made: bytes | None) -> str:
    """right, conflict or wrong."""
    if made is None:
        return "conflict"
    text = made.decode("utf-8", "replace")
    if case.answer is None or not says(cut, text, case.answer, case.kept):
        return "wrong"
    inside = text[sum(len(row) + 1 for row in cut.head) :]
    rows = [row.strip() for row in inside.splitlines()]
    if case.before and rows.index(case.before[0].strip()) > rows.index(case.before[1].strip()):
        return "wrong"
    if valid(cut.path, base) and valid(cut.path, written(cut, case.answer)) and not valid(cut.path, text):
        return "wrong"
    return "right"


def name_for(name: str) -> str:
    """A short name of the same kind of file."""
    ending = ending_of(name)
    known = {"makefile": "Makefile", "gitignore": ".gitignore", "gitattributes": ".gitattributes"}
    return known.get(ending) or ("requirements.txt" if ending == "txt" else f"x.{ending}")


def files_of(folders: Sequence[Path]) -> list[Path]:
    """The files that may be cut, the same ones in every run."""
    known = {*DEFINITIONS, *KEYS, *SECTIONS, *LINES}
    found = [
        file for folder in folders for file in folder.rglob("*") if ending_of(file.name) in known and file.is_file()
    ]
    return sorted(file for file in found if file.stat().st_size < 60_000)


def main() -> int:
    """Run the cases and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--mergiraf", action="store_true")
    parser.add_argument("--save", type=Path, help="write what Muse had wrong there")
    parser.add_argument("--refused", type=Path, help="write what Muse refused and Git has right there; needs --git")
    parser.add_argument("--op-lists", action="store_true", help="ask the lists of operations about each clean result")
    given = parser.parse_args()
    tools = _tools(given.git or given.refused is not None, given.mergiraf)
    by_ending: dict[str, list[Path]] = {}
    for file in files_of(given.folders):
        by_ending.setdefault(ending_of(file.name), []).append(file)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    asked: Counter[tuple[str, str, bool | None]] = Counter()
    done = number = 0
    while done < given.cases and number < 60 * given.cases:
        number += 1
        rng = random.Random(f"{given.seed} {number}")
        file = rng.choice(by_ending[rng.choice(sorted(by_ending))])
        text = _text(file)
        found = None if text is None else case_of(file.name, text, rng, given.only)
        if found is None:
            continue
        cut, kind, case = found
        texts = [written(cut, units) for units in case[:3]]
        if valid(cut.path, texts[0]) and not all(valid(cut.path, text) for text in texts):
            continue
        done += 1
        if rng.random() < 0.5:
            texts[1:] = texts[:0:-1]
        seen: dict[str, str] = {}
        for name, tool in tools.items():
            made = tool(name_for(file.name), *(text.encode() for text in texts))
            outcome = seen[name] = judged(cut, case, texts[0], made)
            counts[kind, cut.what, name, outcome] += 1
            asked[name, outcome, borne_out(name_for(file.name), texts, made if given.op_lists else None)] += 1
            if outcome == "wrong" and name == "muse":
                print(f"wrong: --seed {given.seed} number {number} {kind} {cut.what} {file}", flush=True)
                if given.save:
                    _save(given.save / f"{given.seed}-{number}-{kind}-{file.name}", texts, made, cut, case)
        if given.refused and (seen["muse"], seen["git"]) == ("conflict", "right"):
            print(f"refused: --seed {given.seed} number {number} {kind} {cut.what} {file}", flush=True)
            _save(given.refused / f"{given.seed}-{number}-{kind}-{file.name}", texts, None, cut, case)
    _print(counts, list(tools))
    _print_asked(asked)
    return int(any(count for (_, _, tool, outcome), count in counts.items() if (tool, outcome) == ("muse", "wrong")))


def borne_out(path: str, texts: Sequence[str], made: bytes | None) -> bool | None:
    """True when a result is, in the words of its domain's `diff`, what both sides' operations come to."""
    if made is None:
        return None
    from muse.core import content
    from muse.core.content import MemoryContent
    from muse.core.op_transform.outcome import broken
    from muse.domain import SnapshotManifest
    from muse.plugins.registry import plugin_for_path

    base, ours, theirs = (text.encode() for text in texts)
    store = MemoryContent()
    with content.using(store):
        plugin = plugin_for_path(path)
        was, *rest = (
            SnapshotManifest(files={path: store.put(data)}, domain=plugin.name) for data in (base, ours, theirs, made)
        )
        mine, other, now = (plugin.diff(was, side)["ops"] for side in rest)
        return not broken(path, mine, other, now, (base, ours, theirs, made))


Tool = Callable[[str, bytes, bytes, bytes], bytes | None]


def _tools(git: bool, mergiraf: bool) -> dict[str, Tool]:
    """What is measured, by name."""
    tools: dict[str, Tool] = {"muse": muse}
    if git:
        tools["git"] = _command("git", "merge-file", "-p")
    if mergiraf and shutil.which("mergiraf"):
        tools["mergiraf"] = _command("mergiraf", "merge")
    return tools


def _text(file: Path) -> str | None:
    """What is in a file; None where it is no plain text of Unix lines, or has markers in it."""
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\r" in text or "\n<<<<<<<" in text else text


def _save(folder: Path, texts: list[str], made: bytes | None, cut: Cut, case: Case) -> None:
    suffix = "." + ending_of(cut.path)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(("base", "ours", "theirs"), texts, strict=True):
        (folder / (name + suffix)).write_text(text)
    (folder / ("muse" + suffix)).write_bytes(made or b"")
    if case.answer is not None:
        (folder / ("answer" + suffix)).write_text(written(cut, case.answer))


def _print(counts: Counter[tuple[str, str, str, str]], tools: list[str]) -> None:
    for tool in tools:
        rows = {(kind, what) for kind, what, name, _ in counts if name == tool}
        for kind, what in [*sorted(rows), ("all", "")]:
            line = []
            for outcome in ("right", "conflict", "wrong"):
                total = sum(
                    count
                    for key, count in counts.items()
                    if key[2:] == (tool, outcome) and (kind == "all" or key[:2] == (kind, what))
                )
                line.append(f"{outcome} {total:6}")
            print(f"{tool:9} {kind:9} {what:11}", *line)


def _print_asked(asked: Counter[tuple[str, str, bool | None]]) -> None:
    for (name, outcome, kept), count in sorted(asked.items(), key=str):
        if kept is not None:
            print(f"{name:9} {outcome:8} {count:6} {'as' if kept else 'not as'} its operations say")


if __name__ == "__main__":
    sys.exit(main())
