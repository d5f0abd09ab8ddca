"""`muse sync`: exchange branches and Muse's data with a remote, once or for as long as you like."""

from __future__ import annotations

import random
import time

import click

from muse.cli.context import domains, note, print_json, repo
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError
from muse.core.types import plural


@click.command("sync", short_help="Fetch, join and push, for any remote")
@click.argument("remote", required=False, shell_complete=late("remotes"))
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--interval", type=click.FloatRange(0.1), default=5.0, show_default=True, help="Seconds between rounds.")
@click.option("--rounds", type=click.IntRange(1), help="With --watch, stop after so many rounds.")
@click.option("--no-push", is_flag=True, help="Only take in.")
@json_option
def command(remote: str | None, watch: bool, interval: float, rounds: int | None, no_push: bool, as_json: bool) -> int:
    """Fetch, join and push, for any remote, muse:: or plain.

    The current branch goes forward, is joined where both sides may be joined, and is pushed; live-edit logs and
    Muse's other data travel beside it. A branch that would conflict is left alone and named (exit code 1).
    """
    from muse.engine.remote.sync import Round, default_remote, known_remote, sync_once

    here = repo()
    name = remote or default_remote(here)
    known_remote(here, name)
    plugin_for = domains(here)[0]
    count, code, pause = 0, ExitCode.OK, interval
    while True:
        try:
            done = sync_once(here, name, plugin_for, push=not no_push)
        except MuseError as error:
            if not watch:
                raise
            done = Round(name, action="failed", problem=str(error))
        if as_json:
            print_json(done.as_json())
        else:
            _tell(done, quiet=watch)
        code = ExitCode.CONFLICT if done.problem else ExitCode.OK
        count += 1
        if not watch or count == rounds:
            return int(code)
        # A remote that is away is asked less and less often, up to a minute.
        pause = min(pause * 2, 60.0) if done.action == "failed" else interval
        time.sleep(pause * random.uniform(0.8, 1.2))


def _tell(done: object, *, quiet: bool) -> None:
    """One line for a round in which anything happened."""
    from muse.engine.remote.sync import Round

    assert isinstance(done, Round)
    parts = [f"{done.branch} {done.action}"] if done.branch and done.action != "up to date" else []
    parts += [f"{plural(done.fetched, 'metadata ref')} in"] * bool(done.fetched)
    parts += [f"{plural(done.pushed, 'metadata ref')} out"] * bool(done.pushed)
    if parts or not quiet:
        say(f"{done.remote}: {', '.join(parts) or done.action}")
    if done.problem:
        note(f"muse: {done.problem}")
    for name in done.repairs:
        words = terminal.command("muse", "session", "repair", name)
        note(f"muse: a merge has lost some of session {terminal.one_line(name)}; {words} brings it in")
