"""What `muse --help` prints, from the table of verbs alone: nothing is imported that only running a verb needs."""

from __future__ import annotations

import os

from muse.cli.verbs import GROUPS, VERBS

WHAT = "Version control that understands music and code, stored in plain Git."
OPTIONS = {
    "-C PATH": "Run as if started in PATH.",
    "--git-dir PATH": "The repository's Git directory, when it is not found from here.",
    "--version": "Print it.",
    "-h, --help": "Show this message; `muse help VERB` shows a verb's.",
}
LAST = "A Muse repository is a Git repository: every git command works in it as ever."
_WIDEST, _NARROWEST = 100, 40


def text() -> str:
    """The whole message, as wide as the terminal allows."""
    columns = max(_NARROWEST, min(_columns() - 1, _WIDEST))
    parts = [
        "Usage: muse [OPTIONS] COMMAND [ARGS]...\n",
        "".join(_folded(WHAT, columns, 2)),
        "Options:\n" + _rows(list(OPTIONS.items()), columns),
    ]
    for group in GROUPS:
        rows = [(name, verb.help) for name, verb in sorted(VERBS.items()) if verb.group == group]
        if rows:
            parts.append(f"{group}:\n{_rows(rows, columns)}")
    return "\n".join([*parts, "".join(_folded(LAST, columns, 2))])


def _rows(rows: list[tuple[str, str]], columns: int) -> str:
    """Names in one column, what they mean in another."""
    left = max(len(name) for name, _ in rows) + 4
    lines = []
    for name, said in rows:
        first, *more = _folded(said, columns, left)
        lines += [f"  {name}".ljust(left) + first.lstrip(" "), *more]
    return "".join(lines)


def _folded(said: str, columns: int, indent: int) -> list[str]:
    """Lines of whole words."""
    lines = [""]
    for word in said.split():
        if lines[-1] and indent + len(lines[-1]) + 1 + len(word) > columns:
            lines.append("")
        lines[-1] += f"{' ' * bool(lines[-1])}{word}"
    return [f"{' ' * indent}{line}\n" for line in lines]


def _columns() -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80
