"""Write docs/cli.md and the manual pages from the commands themselves: `python docs/make_cli.py`.

A test checks that they are current. The manual pages go into the wheel, so that `git muse --help` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from muse._version import __version__
from muse.cli.main import cli
from muse.cli.verbs import GROUPS, VERBS

HERE = Path(__file__).parent
TARGET = HERE / "cli.md"
MANUAL = HERE / "man" / "man1"
GENERAL = """\
`muse VERB` and `git muse VERB` are the same. Exit codes are Git's: 0, 1 (conflicts, differences, something found), 128
(cannot go on), 129 (wrong usage), 130 (Ctrl-C), 141 (who read our output went away). Errors are one line on stderr,
then what to type next. Answers go to stdout, remarks and progress to stderr, progress only on a terminal.
"""
ENVIRONMENT = {
    "MUSE": "`0` switches the merge driver off for one command",
    "MUSE_TRACE": "`1` shows the traceback of an internal error",
    "NO_COLOR, FORCE_COLOR": "never or always colour; else Git's `color.ui` says",
    "GIT_PAGER, GIT_EDITOR, GIT_DIR, GIT_WORK_TREE, ...": "mean what they mean to Git",
    "MUSE_SERVE_PASSWORD": "the password of `muse serve --write`",
}
SCHEMAS = "What `--json` prints is described in [schemas.json](schemas.json), a JSON Schema for each verb.\n"


class Part(NamedTuple):
    """One command: its name, how it is called, what it does, its options or subcommands as (name, text)."""

    name: str
    usage: str
    text: str
    subs: list[tuple[str, str]]
    options: list[tuple[str, str]]


def parts() -> Iterator[tuple[str, list[Part]]]:
    """(group, its verbs), in the order of `muse --help`."""
    for group in GROUPS:
        verbs = [name for name, row in sorted(VERBS.items()) if row.group == group]
        if verbs:
            yield group[0].upper() + group[1:], [part for name in verbs for part in _verb(name)]


def _verb(name: str) -> Iterator[Part]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None and command.help, name
    yield _part(command, f"muse {name}")
    if isinstance(command, click.Group):
        for sub in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), sub)
            assert found is not None and found.help, sub
            yield _part(found, f"muse {name} {sub}")


def _part(command: click.Command, name: str) -> Part:
    context = click.Context(command, info_name=name, terminal_width=200)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    paragraphs = [" ".join(part.split()) for part in (command.help or "").replace("\b", "").split("\n\n")]
    subs = []
    if isinstance(command, click.Group):
        rows = [(sub, command.get_command(context, sub)) for sub in command.list_commands(context)]
        subs = [(sub, row.get_short_help_str(200)) for sub, row in rows if row is not None]
    return Part(name, usage, "\n\n".join(paragraphs), subs, _options(command))


def _options(command: click.Command) -> list[tuple[str, str]]:
    context = click.Context(command, terminal_width=200)
    rows = filter(None, (param.get_help_record(context) for param in command.get_params(context)))
    return [(names, text) for names, text in rows if text and "--help" not in names]


def reference() -> str:
    """docs/cli.md."""
    out = [
        "# Command line\n",
        "Written by `python docs/make_cli.py` from the commands; do not edit by hand.\n",
        f"{GENERAL}\n{SCHEMAS}",
        "## muse\n",
        _list(_options(cli)),
        "## Environment\n",
        _list(list(ENVIRONMENT.items())),
    ]
    for group, found in parts():
        out.append(f"## {group}\n")
        for part in found:
            lists = "\n".join(_list(rows) for rows in (part.subs, part.options) if rows)
            out.append(f"### {part.name}\n\n    {part.usage}\n\n{part.text}\n{lists and chr(10) + lists}")
    return "\n".join(out)


def _list(rows: list[tuple[str, str]]) -> str:
    return "".join(f"- `{name}`: {text}\n" for name, text in rows)


# The manual page, in the man(7) language -----------------------------------------------------------------------------


def manual() -> dict[str, str]:
    """The manual pages by file name; `git-muse` is what `git muse --help` asks for, and `muse` the same page."""
    out = [
        f'.TH GIT\\-MUSE 1 "" "muse {__version__}" "Muse Manual"',
        ".SH NAME",
        "git\\-muse, muse \\- version control that understands music and code, stored in plain Git",
        ".SH SYNOPSIS",
        "\\fBmuse\\fR [\\-C PATH] [\\-\\-git\\-dir PATH] VERB [ARGUMENTS]",
        ".br",
        "\\fBgit muse\\fR VERB [ARGUMENTS]",
        ".SH DESCRIPTION",
        *_paragraphs(GENERAL.strip()),
        ".SH OPTIONS",
        *_tagged(_options(cli)),
    ]
    for group, found in parts():
        out.append(f".SH {_escaped(group).upper()}")
        for part in found:
            out += [
                f".SS {_escaped(part.name)}",
                f"\\fB{_escaped(part.usage)}\\fR",
                *_paragraphs(part.text),
                *_tagged(part.options),
            ]
    out += [
        ".SH ENVIRONMENT",
        *_tagged(list(ENVIRONMENT.items())),
        ".SH SEE ALSO",
        "\\fBgit\\fR(1), \\fBgitattributes\\fR(5), \\fBgitremote\\-helpers\\fR(7)",
    ]
    return {"git-muse.1": "\n".join(out) + "\n", "muse.1": ".so man1/git-muse.1\n"}


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield ".PP"
        yield _escaped(" ".join(paragraph.split()))


def _tagged(rows: list[tuple[str, str]]) -> Iterator[str]:
    for name, text in rows:
        yield from (".TP", f"\\fB{_escaped(name)}\\fR", _escaped(text))


def _escaped(text: str) -> str:
    """Text that means nothing to troff; what is in backticks is bold."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    safe = re.sub("`([^`]*)`", r"\\fB\1\\fR", safe)
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
    MANUAL.mkdir(parents=True, exist_ok=True)
    for name, page in manual().items():
        (MANUAL / name).write_text(page, encoding="utf-8")
