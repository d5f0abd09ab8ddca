"""What `--json` prints: plain values with one shape per kind of thing, whichever verb prints them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from muse.view.text import letter_of, sentence

if TYPE_CHECKING:
    from muse.domain import DomainOp, StructuredDelta
    from muse.engine.merge.whole_tree import Decision, WholeMerge
    from muse.engine.worktree.status import Entry, Status


def op_row(op: DomainOp) -> dict[str, Any]:
    """One path: Git's letter, the sentence, and the operation itself."""
    return {"status": letter_of(op), "path": op["address"], "summary": sentence(op), "op": op}


def delta_row(delta: StructuredDelta) -> dict[str, Any]:
    """A delta with its paths."""
    return {"domain": delta["domain"], "summary": delta["summary"], "paths": [op_row(op) for op in delta["ops"]]}


def entry_row(entry: Entry, op: DomainOp | None) -> dict[str, Any]:
    """One path of a status; `delta` is None for a path without a domain's answer."""
    return {
        "kind": {"1": "changed", "2": "renamed", "u": "unmerged", "?": "untracked"}[entry.kind],
        "path": os.fsdecode(entry.path),
        "old_path": os.fsdecode(entry.old_path) or None,
        "staged": entry.staged,
        "unstaged": entry.unstaged,
        "summary": sentence(op) if op is not None else "",
        "delta": op,
    }


def status_row(status: Status, rows: list[dict[str, Any]], state: str) -> dict[str, Any]:
    """A whole status; `state` names an operation in progress or is empty."""
    return {
        "branch": status.branch or None,
        "commit": status.commit or None,
        "upstream": status.upstream or None,
        "ahead": status.ahead,
        "behind": status.behind,
        "state": state or None,
        "clean": status.clean,
        "paths": rows,
    }


def decision_row(decision: Decision) -> dict[str, Any]:
    """One path of a merge that both sides changed."""
    return {
        "path": os.fsdecode(decision.path),
        "domain": decision.domain,
        "clean": decision.clean,
        "git_clean": decision.git_clean,
        "notes": decision.merge.notes,
        "dimensions": decision.merge.dimensions,
        "conflicts": [record.to_dict() for record in decision.merge.conflicts],
    }


def merge_row(merged: WholeMerge) -> dict[str, Any]:
    """A decided merge of two commits."""
    return {
        "ours": merged.git.ours,
        "theirs": merged.git.theirs,
        "bases": merged.git.bases,
        "tree": merged.tree,
        "clean": merged.clean,
        "conflicts": [
            {
                "path": os.fsdecode(path),
                "stages": {str(n): {"mode": s.mode.decode(), "id": s.id} for n, s in sorted(stages.items())},
            }
            for path, stages in sorted(merged.stages.items())
        ],
        "messages": [
            {"paths": [os.fsdecode(path) for path in m.paths], "kind": m.kind, "text": m.text} for m in merged.messages
        ],
        "paths": [decision_row(decision) for decision in merged.decisions],
    }
