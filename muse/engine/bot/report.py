"""What came of a pull request's merge, as Markdown for its thread. Names come from strangers: they are shown as code,
in which nothing is a mention, a link or markup."""

from __future__ import annotations

import os
import re
from typing import Any

from muse.core.terminal import command, escaped
from muse.core.types import plural
from muse.engine.bot.merging import Answer

MARK = "<!-- muse bot -->"
_MOST = 30  # conflicts and files named; the rest is counted


def markdown(answer: Answer, link: str = "") -> str:
    """The comment, its first line `MARK`, by which it is found and replaced the next time."""
    return "\n".join([MARK, *_said(answer), *([f"\nDrawn: {link}"] if link else [])]) + "\n"


def as_json(answer: Answer, comment: str) -> dict[str, Any]:
    """What `muse bot --json` prints."""
    merged = answer.merged
    return {
        "base": answer.pull.base,
        "head": answer.pull.head,
        "needed": answer.needed,
        "clean": answer.clean,
        "commit": answer.commit,
        "branch": answer.branch,
        "pushed": answer.pushed,
        "kept": answer.kept,
        "comment": comment,
        "merged": [_name(one.path) for one in merged.decisions if one.clean and not one.as_git] if merged else [],
        "left": [_name(path) for path in sorted(merged.stages)] if merged else [],
    }


def _said(answer: Answer) -> list[str]:
    pull = answer.pull
    if not answer.needed or answer.merged is None:
        return [f"{_code(pull.base)} and {_code(pull.head)} merge as they are: nothing for Muse to do."]
    merged = answer.merged
    resolved = [decision for decision in merged.decisions if decision.clean and not decision.as_git]
    parts = [f"{plural(len(resolved), 'file')} merged that Git cannot merge"] if resolved else []
    parts += [f"{plural(len(merged.stages), 'file')} left to settle"] if merged.stages else []
    lines = [f"**{_code(pull.base)} into {_code(pull.head)}**: {', '.join(parts)}."]
    if resolved:
        lines += ["", "Merged:", *_most([f"- {_code(_name(one.path))}{_notes(one.merge.notes)}" for one in resolved])]
    if merged.stages:
        lines += ["", "Left:", *_most(_conflicts(answer))]
    lines += ["", *_next(answer)]
    return lines


def _conflicts(answer: Answer) -> list[str]:
    """A line for each thing that is left, those of files that only Git speaks of by its own words."""
    assert answer.merged is not None
    lines: list[str] = []
    told: set[bytes] = set()
    for decision in answer.merged.decisions:
        for record in decision.merge.conflicts:
            told.add(decision.path)
            where = f" {_code(record.address)}" if record.address else ""
            sides = [
                f"{side}: {_code(said)}"
                for side, said in (("here", record.ours_summary), ("there", record.theirs_summary))
                if said
            ]
            lines.append(f"- {_code(record.path)}{where}{': ' if sides else ''}{'; '.join(sides)}")
    for message in answer.merged.messages:
        if message.kind.startswith("CONFLICT") and not told.issuperset(message.paths):
            lines.append(f"- {_code(message.text)}")
    return lines


def _next(answer: Answer) -> list[str]:
    """Where it is, and what to type."""
    pull, beside = answer.pull, _code(answer.branch)
    if answer.kept:
        return [f"{beside} has commits of somebody's and was left as it is; delete it to have the merge made again."]
    if answer.clean:
        if answer.refused:
            return [f"{_code(pull.head)} takes no push ({_code(answer.refused)}), so the merge is in {beside}."]
        return [f"The merge is in {beside}." if answer.stands else f"It would go to {beside}."]
    typed = [command("git", "fetch", "origin")]
    if answer.stands:
        typed += [command("git", "switch", answer.branch), "# edit the markers, or: muse solve FILE"]
        typed += ["git commit -a", command("git", "push", "origin", answer.branch)]
        first = f"{beside} has the merge, with markers where something is left. To settle it:"
    else:
        typed += [command("git", "switch", pull.head)] if pull.is_branch else []
        typed += [command("muse", "merge", f"origin/{pull.base}"), "muse resolve -i"]
        first = "To settle it:"
    return [first, "", "```", *typed, "```"]


def _notes(notes: list[str]) -> str:
    return f" ({_code(notes[0])})" if notes else ""


def _name(path: bytes) -> str:
    return os.fsdecode(path)


def _most(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"- and {len(lines) - _MOST} more"]


def _code(text: str) -> str:
    """A code span that the text cannot leave, on one line and of bounded length."""
    shown = escaped(text).encode("utf-8", "replace").decode()
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if "`" in shown or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
