"""Write docs/cli.md from the commands themselves: `python docs/make_cli.py`. A test checks that it is current."""

from __future__ import annotations

import re
from pathlib import Path

import click

from muse.cli.main import GROUPS, VERBS, cli

TARGET = Path(__file__).with_name("cli.md")
HEAD = """\
# Command line

Written by `python docs/make_cli.py` from the commands; do not edit by hand.

`muse VERB` and `git muse VERB` are the same. Exit codes are Git's: 0, 1 (conflicts, differences, something found), 128
(cannot go on), 129 (wrong usage), 130 (Ctrl-C). Errors are one line on stderr, then what to type next. `MUSE_TRACE=1`
shows the traceback of an internal error; `MUSE=0` switches the merge driver off for one command.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD, "## muse\n", _options(cli)]
    for group in GROUPS:
        verbs = [name for name, row in sorted(VERBS.items()) if row.group == group]
        if verbs:
            parts.append(f"## {group[0].upper()}{group[1:]}\n")
            parts += [_verb(name) for name in verbs]
    return "\n".join(parts)


def _verb(name: str) -> str:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.help, name
    context = click.Context(command, info_name=f"muse {name}", terminal_width=200)
    usage = " ".join(command.collect_usage_pieces(context))
    text = re.sub(r"\n{3,}", "\n\n", _plain(command.help))
    subs = ""
    if isinstance(command, click.Group):
        rows = [(sub, command.get_command(context, sub)) for sub in command.list_commands(context)]
        subs = "\n".join(f"- `{sub}`: {row.get_short_help_str(200)}" for sub, row in rows if row is not None) + "\n\n"
    return f"### muse {name}\n\n    muse {name} {usage}\n\n{text}\n\n{subs}{_options(command)}"


def _plain(text: str) -> str:
    paragraphs = [" ".join(part.split()) for part in text.replace("\b", "").split("\n\n")]
    return "\n\n".join(paragraphs)


def _options(command: click.Command) -> str:
    context = click.Context(command, terminal_width=200)
    rows = [param.get_help_record(context) for param in command.get_params(context)]
    lines = [f"- `{names}`: {text}" for names, text in filter(None, rows) if text and "--help" not in names]
    return "\n".join(lines) + "\n" if lines else ""


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
