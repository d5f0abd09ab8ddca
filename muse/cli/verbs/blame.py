"""`muse blame`: who last changed each line, of a file or of one symbol in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import domains, print_json, repo
from muse.cli.gitverb import SpelledVerb, split_own, told_by_git
from muse.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from muse.store.repository import Repository


@click.command("blame", cls=SpelledVerb, short_help="Show who last changed each line, of a file or a symbol")
def command(words: tuple[str, ...]) -> int:
    """Show who last changed each line of a file. It is `git blame`, with its options.

    --notes and --bars show who wrote each note, or the notes of each bar, of a MIDI file: muse blame --bars [REV] FILE.
    --symbol NAME (such as Parser.parse) shows the lines of that definition only: muse blame --symbol NAME [REV] FILE.
    --json prints one object for each line.
    """
    from muse.engine.git import attended

    here = repo()
    if "--notes" in words or "--bars" in words:
        from muse.cli.blame_notes import blame_music

        return blame_music(here, words)
    own, rest = split_own(words, {"--json"})
    if "--symbol" in rest:
        rest = _lines_of_symbol(here, rest)
    if own:
        print_json(list(_rows(here, rest)))
        return 0
    for_programs = any(word == "-p" or word.startswith(("--por", "--line-p", "--inc")) for word in rest)
    return attended(here, "blame", *rest) if for_programs else told_by_git(here, "blame", *rest)


def _lines_of_symbol(here: Repository, words: list[str]) -> list[str]:
    """The same command with the symbol's lines in place of its name."""
    from muse.engine.git import below_top
    from muse.engine.history.symbols import lines_of

    at = words.index("--symbol")
    rest = [*words[:at], *words[at + 2 :]]
    named = [word for word in rest if not word.startswith("-")]
    if at + 1 >= len(words) or len(named) not in (1, 2):
        raise UsageError("muse blame --symbol NAME [REV] FILE")
    path = os.path.normpath(os.path.join(below_top(here), named[-1]))
    rev = named[0] if len(named) == 2 else None
    first, last = lines_of(here, path, words[at + 1], rev, domains(here)[0])
    flags = [word for word in rest if word.startswith("-") and word != "--"]
    return [f"-L{first},{last}", *flags, *named[:-1], "--", named[-1]]


def _rows(here: Repository, words: list[str]) -> Iterator[dict[str, Any]]:
    """The records of `git blame --line-porcelain`: a head, then fields, then the line after a tab."""
    from muse.core.errors import MuseError
    from muse.engine.git import records, streamed

    process = streamed(here, "blame", "--line-porcelain", *words)
    assert process.stdout is not None
    fields: dict[str, str] = {}
    for raw in records(process.stdout, b"\n"):
        line = raw.decode("utf-8", "surrogateescape")
        if line.startswith("\t"):
            commit, _, number = fields[""].split()[:3]
            yield {
                "commit": commit,
                "line": int(number),
                "author": fields.get("author", ""),
                "author_email": fields.get("author-mail", "").strip("<>"),
                "path": fields.get("filename", ""),
                "author_time": int(fields.get("author-time", 0)),
                "text": line[1:],
            }
            fields = {}
        elif not fields:
            fields[""] = line
        else:
            name, _, value = line.partition(" ")
            fields[name] = value
    process.stdout.close()
    if process.wait():
        raise MuseError("git blame failed", process.returncode)
