"""`muse symbols`: what in a file an op can name, under the addresses ops use."""

from __future__ import annotations

import click

from muse.cli.context import domains, print_json, repo
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core.errors import MuseError
from muse.core.terminal import command as command_line
from muse.domain import Element


@click.command("symbols", short_help="List what in a file an op can name")
@click.option("--rev", metavar="REV", shell_complete=late("refs"), help="In this commit instead of the work tree.")
@click.option("--session", metavar="NAME", shell_complete=late("sessions"), help="As the ops of a session have it now.")
@click.option("--kind", "kinds", multiple=True, help="Only elements of this kind: function, key, import, ...")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@json_option
def command(rev: str | None, session: str | None, kinds: tuple[str, ...], paths: tuple[str, ...], as_json: bool) -> int:
    """List the definitions, imports and keys of a file, under the addresses that ops, claims and picks use.

    --json has the content of each in the form in which an op brings it, and its digest, either of which an op may
    `expect`. Exits with 1 when nothing was found.
    """
    return show(paths, rev, session, kinds, as_json)


def show(paths: tuple[str, ...], rev: str | None, session: str | None, kinds: tuple[str, ...], as_json: bool) -> int:
    """Print the elements of files; 1 when there are none."""
    from muse.engine.elements import full_path, of_file, read_file
    from muse.engine.git import below_top

    if rev is not None and session is not None:
        raise MuseError("--rev and --session name two states of a file", hint="leave one of them out")
    here = repo()
    look_up, _ = domains(here)
    found: list[Element] = []
    for path in (full_path(here, below_top(here), path) for path in paths):
        data = _of_session(session, path) if session is not None else read_file(here, path, rev)
        found += [row for row in of_file(here, path, data, look_up) if not kinds or row.kind in kinds]
    if as_json:
        print_json([row.to_dict() for row in found])
    else:
        _table(found)
    return 0 if found else 1


def _of_session(session: str, path: str) -> bytes:
    from muse.engine.session import commit
    from muse.engine.session.live_view import LiveView

    here = repo()
    data = LiveView(here, commit.existing(here, session), domains(here)[0]).data(path)
    if data is None:
        raise MuseError(
            f"there is no {path} in session {session}", hint=command_line("muse", "session", "show", session)
        )
    return data


def _table(found: list[Element]) -> None:
    from muse.view.text import one_line

    width = min(max((len(row.address) for row in found), default=0), 60)
    for row in found:
        where = "" if row.lines is None else f"line {row.lines[0]}" + f"-{row.lines[1]}" * (row.lines[1] > row.lines[0])
        words = " ".join(filter(None, (where, one_line(row.summary[:200]))))
        say(f"{one_line(row.address):<{width}}  {row.kind:<10} {words}".rstrip())
