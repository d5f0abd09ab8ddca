"""`muse notes`: the notes, controllers and other events of a MIDI file, under the addresses ops use."""

from __future__ import annotations

import click

from muse.cli.options import json_option, late
from muse.cli.verbs.symbols import show


@click.command("notes", short_help="List the notes and events of a MIDI file as ops name them")
@click.option("--rev", metavar="REV", shell_complete=late("refs"), help="In this commit instead of the work tree.")
@click.option("--session", metavar="NAME", shell_complete=late("sessions"), help="As the ops of a session have it now.")
@click.option("--kind", "kinds", multiple=True, help="Only elements of this kind: note, cc_volume, tempo_map, ...")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@json_option
def command(rev: str | None, session: str | None, kinds: tuple[str, ...], paths: tuple[str, ...], as_json: bool) -> int:
    """List the tracks, notes, controllers and other events of a MIDI file, under the addresses that ops use.

    An attribute of a note is its address and the attribute's name: .../note:1:1:0:0:74#0/velocity. --json has the
    content of each in the form in which an op brings it, and its digest. `muse grep-notes` searches. Exits with 1 when
    nothing was found.
    """
    return show(paths, rev, session, kinds, as_json)
