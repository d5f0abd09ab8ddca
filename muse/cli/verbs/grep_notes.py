"""`muse grep-notes`: find notes by pitch, bar, track, channel or velocity."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from muse.cli.context import note, print_json, repo
from muse.cli.options import json_option, late, paths_argument, spelling_options
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import FormatError, MuseError

if TYPE_CHECKING:
    from muse.plugins.midi.show.queries import Query
    from muse.plugins.score.queries import Found
    from muse.store.repository import Repository


@click.command("grep-notes", short_help="Find notes by pitch, bar or track")
@click.option("--pitch", help="A pitch or a range of them: C4, 60, C4..G5.")
@click.option("--bars", help="A bar or a range of them: 5, 5-8.")
@click.option("--track", help="A track's number, from 1, or part of its name.")
@click.option("--channel", type=click.IntRange(1, 16), help="A channel, from 1.")
@click.option("--velocity", help="A velocity or a range of them: 100-127.")
@click.option("--rev", shell_complete=late("refs"), help="Look in this commit instead of the work tree.")
@json_option
@spelling_options
@paths_argument
def command(
    pitch: str | None, bars: str | None, track: str | None, channel: int | None, velocity: str | None,
    rev: str | None, as_json: bool, paths: tuple[str, ...],
) -> int:  # fmt: skip
    """Find notes in the MIDI files and scores of the work tree (tracked ones, or the PATHs), or of a commit.

    A score's tracks are its parts; it has no channels and velocities to look for. Every condition given has to hold.
    Exits with 1 when nothing was found, as `git grep` does.
    """
    from muse.plugins.midi.plugin import plugin as midi
    from muse.plugins.midi.show.queries import Query, find_notes, parse_pitches, parse_range

    query = Query(
        pitches=parse_pitches(pitch) if pitch else None,
        bars=parse_range(bars) if bars else None,
        track=track,
        channel=channel - 1 if channel else None,
        velocities=parse_range(velocity) if velocity else None,
    )
    rows = []
    for path, data in _files(repo(), rev, paths):
        try:
            for each in find_notes(data, query) if midi.claims(path) else _in_score(data, path, query):
                rows.append({"path": path, **each.as_json()})
                if not as_json:
                    say(f"{terminal.path(path)}: {each.words()}")
        except FormatError as error:
            note(f"muse: {terminal.path(path)}: {error}")
    if as_json:
        print_json(rows)
    return 0 if rows else 1


def _in_score(data: bytes, path: str, query: Query) -> Iterator[Found]:
    from muse.plugins.score.plugin import read
    from muse.plugins.score.queries import find_notes

    if query.channel is not None or query.velocities is not None:
        return
    yield from find_notes(read(data), query.pitches, query.bars, query.track)


def _files(here: Repository, rev: str | None, paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Path from the top and bytes of each MIDI file and score."""
    from muse.engine.git import below_top, shown
    from muse.plugins.midi.plugin import plugin
    from muse.plugins.score.plugin import ScorePlugin

    scores = ScorePlugin()
    wanted = [os.path.normpath(os.path.join(below_top(here), path)) for path in paths]
    if rev is None:
        rows = here.git("ls-files", "-z", "--", *wanted)
    else:
        rows = here.git("ls-tree", "-r", "-z", "--full-tree", here.resolve(rev), "--", *wanted)
    if wanted and not rows:
        raise MuseError(f"{', '.join(paths)}: no tracked file" + (f" in {rev}" if rev else ""), hint="git ls-files")
    for row in filter(None, rows.split(b"\0")):
        about, _, raw = row.partition(b"\t") if rev is not None else (b"", b"", row)
        path = os.fsdecode(raw)
        if not (plugin.claims(path) or scores.claims(path)):
            continue
        try:
            yield shown(raw), _read(here, path, about.split()[-1].decode() if about else None)
        except (OSError, MuseError) as error:
            note(f"muse: {terminal.path(shown(raw))}: {getattr(error, 'strerror', error)}")


def _read(here: Repository, path: str, blob: str | None) -> bytes:
    """A tracked file, of the work tree where no blob is named; FormatError for one that is too large."""
    from muse.core.filedomain import read_entry
    from muse.engine.history.diff import LARGEST

    if blob is not None:
        try:
            return here.objects.blob(blob, LARGEST)
        except KeyError:
            raise MuseError("its content is not in this repository") from None
    place = os.path.join(here.root, path)
    if os.lstat(place).st_size > LARGEST:
        raise FormatError(f"it has more than {LARGEST} bytes")
    return read_entry(place)
