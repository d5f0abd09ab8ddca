"""How often the first suggestion is what people committed, and how often one of three: replayed, and the table made.

    python benchmarks/suggestions.py collect FILE PLACE... [--limit N] [--seconds N] [--history NAME=REPOSITORY]
    python benchmarks/suggestions.py fit FILE... [--write] [--hold NAME]
    python benchmarks/suggestions.py score FILE...

`collect` replays two-parent merges of local repositories, or takes folders of cases (`Base.*`, `Left.*`, `Right.*`,
`Resolved.*`, and a `meta.json` with `path`, `repo` and `parents`, whose history is then asked). Of each conflict that
Muse leaves it writes the signs, what it could become, and which of that people committed, one line of JSON; of the
commit only the lines between the settled lines around the conflict count, white space apart. `fit` makes the table of
`muse/engine/resolve/weights.py` (a logistic model over the signs, by plain ascent), prints how it does on repositories
it was not made from, leaving out one after the other, and with `--write` writes it. `score` asks the table that is
checked in.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from conflict_kinds import kind_of, of_repository
from replay_merges import HOW, Git, merge_text, squashed

from muse.core import markers
from muse.core.sequences import edits
from muse.engine.merge.one_file import merge_one
from muse.engine.resolve.candidates import Dispute, candidates, signs
from muse.engine.resolve.evidence import History
from muse.engine.resolve.suggest import Suggestion, weighed
from muse.plugins.registry import plugin_for_path
from muse.store.repository import Repository

ORDER = ("ours", "theirs", "both", "both-theirs-first", "by-word", "base")
TABLE = Path(__file__).resolve().parents[1] / "muse" / "engine" / "resolve" / "weights.py"
MAX_BYTES = 500_000
ROUNDS, STEP, PULL = 40, 0.2, 0.3


def left(place: str, limit: int, seconds: float) -> Iterator[tuple[str, list[str], bytes, list[markers.Chunk]]]:
    """Path, parents, the committed text and the merge with its conflicts, of every file that Muse leaves."""
    until = time.monotonic() + seconds
    for path, case in of_repository(Path(place), limit):
        if time.monotonic() > until:
            return
        chunks = conflicts_in(path, case.base, case.ours, case.theirs)
        if chunks:
            merge = case.name.split(":")[1]
            yield path, Git(place).run("rev-parse", f"{merge}^1", f"{merge}^2").split(), case.made, chunks


def conflicts_in(path: str, base: bytes, ours: bytes, theirs: bytes) -> list[markers.Chunk] | None:
    """The merge of a file that Git and Muse leave in conflict; None for any other."""
    text = merge_text(base, ours, theirs, HOW)
    if text is None or not text[1]:
        return None
    how = HOW._replace(conflict_style="diff3", notes=False)
    merged = merge_one(plugin_for_path(path), path, base, ours, theirs, how)
    return markers.parse(merged.content or b"") if merged.conflicts else None


def left_in_folder(place: Path, seconds: float) -> Iterator[tuple[str, str, list[str], bytes, list[markers.Chunk]]]:
    """The same of the cases of a folder, with the name of the repository before it."""
    until = time.monotonic() + seconds
    for meta in sorted(place.rglob("meta.json")):
        told = json.loads(meta.read_text())
        found = {file.stem: file for file in meta.parent.iterdir()}
        if not {"Base", "Left", "Right", "Resolved"} <= found.keys() or time.monotonic() > until:
            continue
        base, ours, theirs, made = (found[name].read_bytes() for name in ("Base", "Left", "Right", "Resolved"))
        if max(map(len, (base, ours, theirs, made))) <= MAX_BYTES:
            chunks = conflicts_in(told["path"], base, ours, theirs)
            if chunks:
                yield told.get("repo", place.name), told["path"], told.get("parents", []), made, chunks


def committed(chunks: list[markers.Chunk], made: bytes) -> list[bytes | None]:
    """What each conflict became: the lines of the commit between the settled lines around it; None where these are not
    all there."""
    lines: list[bytes] = []
    spans = []
    for chunk in chunks:
        text = chunk.ours if isinstance(chunk, markers.Conflict) else chunk
        rows = text.splitlines(True)
        if isinstance(chunk, markers.Conflict):
            spans.append((len(lines), len(lines) + len(rows)))
        lines += rows
    theirs = made.splitlines(True)
    place = {-1: -1, len(lines): len(theirs)}
    a = b = 0
    for edit in [*edits(lines, theirs), None]:
        stop = len(lines) if edit is None else edit.a0
        place.update(zip(range(a, stop), range(b, b + stop - a), strict=True))
        if edit is not None:
            a, b = edit.a1, edit.b1
    out: list[bytes | None] = []
    for low, high in spans:
        start, end = place.get(low - 1), place.get(high)
        out.append(b"".join(theirs[start + 1 : end]) if start is not None and end is not None else None)
    return out


def collect(target: Path, places: list[str], limit: int, seconds: float, known: dict[str, str]) -> None:
    """Write the conflicts of repositories and folders."""
    with target.open("a") as out:
        for place in map(Path, places):
            if (place / ".git").exists() or (place / "HEAD").exists():
                name = place.parent.name
                rows = ((name, *found) for found in left(str(place), limit, seconds))
                known = {**known, name: str(place)}
            else:
                rows = left_in_folder(place, seconds)
            for name, path, parents, made, chunks in rows:
                history = History(Repository(known[name]), *parents) if name in known and parents else None
                for row in told_of(path, made, chunks, history):
                    out.write(json.dumps({"of": name, "file": f"{parents[:1]}:{path}", **row}) + "\n")
                out.flush()


def told_of(path: str, made: bytes, chunks: list[markers.Chunk], history: History | None) -> Iterator[dict[str, Any]]:
    """What is known of each conflict of a file."""
    texts = markers.conflicts_of(chunks)
    before = history.precedent(path).signs if history is not None else set()
    for text, became in zip(texts, committed(chunks, made), strict=True):
        dispute = Dispute(path, text.base, text.ours, text.theirs, len(texts))
        found = candidates(dispute)
        taken = None if became is None else squashed(became)
        yield {
            "kind": kind_of(path),
            "signs": sorted(signs(dispute) | before | (history.superseded(dispute) if history is not None else set())),
            "can": list(found),
            "right": [choice for choice in ORDER if choice in found and squashed(found[choice]) == taken],
        }


Weights = dict[str, dict[str, float]]


def fit(rows: list[dict[str, Any]]) -> Weights:
    """The table under which what people took is likeliest; each file counts once, a history as ten files at most."""
    taught = [row for row in rows if row["right"]]
    share = Counter((row["of"], row["file"]) for row in taught)
    files = Counter(of for of, _ in share)
    share = Counter({key: count * max(1.0, files[key[0]] / 10) for key, count in share.items()})  # type: ignore[misc]
    often = Counter(sign for row in taught for sign in row["signs"])
    weights: Weights = {"": dict.fromkeys(ORDER, 0.0)}
    weights.update({sign: dict.fromkeys(ORDER, 0.0) for sign, count in often.items() if count >= 10})
    total = sum(1 / share[row["of"], row["file"]] for row in taught)
    for _ in range(ROUNDS):
        slope: Weights = {sign: dict.fromkeys(ORDER, 0.0) for sign in weights}
        for row in taught:
            known = [sign for sign in (*row["signs"], "") if sign in weights]
            chances = softmax({c: sum(weights[sign][c] for sign in known) for c in row["can"]})
            right = sum(chances[c] for c in row["right"])
            for choice, chance in chances.items():
                wanted = chance / right if choice in row["right"] else 0.0
                for sign in known:
                    slope[sign][choice] += (wanted - chance) / share[row["of"], row["file"]]
        for sign, row_ in slope.items():
            for choice, value in row_.items():
                weights[sign][choice] += STEP * (value / total * 10 - PULL * weights[sign][choice])
    return weights


def softmax(scores: dict[str, float]) -> dict[str, float]:
    """Chances from scores."""
    top = max(scores.values())
    total = sum(math.exp(score - top) for score in scores.values())
    return {choice: math.exp(score - top) / total for choice, score in scores.items()}


def judged(rows: list[dict[str, Any]], weights: Weights) -> dict[str, Counter[str]]:
    """Per kind of file: conflicts, first right, among three right, and how the sure ones do.

    The conflicts of a merge are asked one after the other, as a person is: what those before became is known.
    """
    out: dict[str, Counter[str]] = defaultdict(Counter)
    taken: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        known = [sign for sign in (*row["signs"], "") if sign in weights]
        chances = softmax({c: sum(weights[sign].get(c, 0.0) for sign in known) for c in row["can"]})
        before = taken[row["of"], row["file"].partition(":")[0]]
        offers = [Suggestion(choice, b"", chance, "") for choice, chance in chances.items()]
        chances = {offer.choice: offer.sure for offer in weighed(offers, before)}
        before.update(row["right"][:1])
        best = sorted(chances, key=lambda choice: -chances[choice])
        for name in (row["kind"], "all"):
            count = out[name]
            count["conflicts"] += 1
            count["ours"] += "ours" in row["right"]
            count["first"] += best[0] in row["right"]
            count["three"] += bool(set(best[:3]) & set(row["right"]))
            if chances[best[0]] >= 0.9:
                count["sure"] += 1
                count["sure right"] += best[0] in row["right"]
    return out


def show(found: dict[str, Counter[str]]) -> None:
    """Print a table."""
    columns = ("conflicts", "ours", "first", "three", "sure", "sure right")
    print(f"{'':<20}" + "".join(f"{column:>14}" for column in columns))
    for kind, row in sorted(found.items(), key=lambda item: (item[0] == "all", -item[1]["conflicts"])):
        cells = [f"{row['conflicts']}"]
        cells += [f"{row[column]} ({100 * row[column] / row['conflicts']:.0f} %)" for column in columns[1:5]]
        cells.append(f"{row['sure right']} ({100 * row['sure right'] / max(row['sure'], 1):.0f} %)")
        print(f"{kind[:18]:<20}" + "".join(f"{cell:>14}" for cell in cells))


HEAD = '''"""How much each sign of a conflict counts for each candidate; "" is a sign of every conflict.

Made by `python benchmarks/suggestions.py fit ... --write` from {} conflicts of {} histories, not by hand.
"""

from __future__ import annotations

WEIGHTS: dict[str, dict[str, float]] = {{
'''


def write(weights: Weights, rows: int, places: int) -> None:
    """The table as a module."""
    lines = []
    for sign, row in sorted(weights.items()):
        cells = ", ".join(f'"{choice}": {value:.2f}' for choice, value in row.items() if abs(value) >= 0.05)
        lines.append(f'    "{sign}": {{{cells}}},\n')
    TABLE.write_text(HEAD.format(rows, places) + "".join(lines) + "}\n")


def main() -> None:
    """Do what the first argument says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["collect", "fit", "score"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--limit", type=int, default=3000, help="merges of a repository, newest first")
    parser.add_argument("--seconds", type=float, default=1e9, help="time for one repository")
    parser.add_argument("--hold", action="append", default=[], help="leave this repository out, and score on it")
    parser.add_argument(
        "--history", action="append", default=[], help="NAME=REPOSITORY: the history of cases in a folder"
    )
    parser.add_argument("--write", action="store_true", help="write the table into the sources")
    given = parser.parse_args()
    if given.what == "collect":
        known = dict(one.split("=", 1) for one in given.history)
        collect(Path(given.files[0]), given.files[1:], given.limit, given.seconds, known)
        return
    rows = [json.loads(line) for name in given.files for line in Path(name).read_text().splitlines()]
    if given.what == "score":
        from muse.engine.resolve.weights import WEIGHTS

        show(judged(rows, WEIGHTS))
        return
    held = [row for row in rows if row["of"] in given.hold]
    rows = [row for row in rows if row["of"] not in given.hold]
    total: dict[str, Counter[str]] = defaultdict(Counter)
    places = sorted({row["of"] for row in rows})
    for place in places:
        weights = fit([row for row in rows if row["of"] != place])
        found = judged([row for row in rows if row["of"] == place], weights)
        print(f"{place}: first {found['all']['first']} of {found['all']['conflicts']}", flush=True)
        for kind, count in found.items():
            total[kind].update(count)
    show(total)
    weights = fit(rows)
    if held:
        print("held out:", ", ".join(given.hold))
        show(judged(held, weights))
    if given.write:
        write(weights, len(rows), len(places))


if __name__ == "__main__":
    main()
