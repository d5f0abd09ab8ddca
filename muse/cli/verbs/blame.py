"""`muse blame`: who last changed each line, of a file or of one symbol in it."""

from __future__ import annotations

import os

import click

from muse.cli.context import domains, repo
from muse.cli.gitverb import GitVerb
from muse.core.errors import UsageError


@click.command("blame", cls=GitVerb, short_help="Show who last changed each line, of a file or a symbol")
def command(words: tuple[str, ...]) -> int:
    """Show who last changed each line of a file. It is `git blame`, with its options.

    --symbol NAME (such as Parser.parse) shows the lines of that definition only: muse blame --symbol NAME [REV] FILE.
    """
    from muse.engine.gitio import attended, below_top

    here = repo()
    if "--symbol" not in words:
        return attended(here, "blame", *words)
    from muse.engine.symbols import lines_of

    at = words.index("--symbol")
    rest = [*words[:at], *words[at + 2 :]]
    named = [word for word in rest if not word.startswith("-")]
    if at + 1 >= len(words) or len(named) not in (1, 2):
        raise UsageError("muse blame --symbol NAME [REV] FILE")
    path = os.path.normpath(os.path.join(below_top(here), named[-1]))
    rev = named[0] if len(named) == 2 else None
    first, last = lines_of(here, path, words[at + 1], rev, domains(here)[0])
    flags = [word for word in rest if word.startswith("-") and word != "--"]
    return attended(here, "blame", f"-L{first},{last}", *flags, *named[:-1], "--", named[-1])
