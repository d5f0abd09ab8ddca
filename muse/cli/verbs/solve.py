"""`muse solve`: improve a file that already holds conflict markers."""

from __future__ import annotations

from pathlib import Path

import click

from muse.cli.context import note, print_json
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError
from muse.core.types import plural


@click.command("solve", short_help="Settle what can be settled in a file with conflict markers")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be left, and write nothing.")
@json_option
def command(file: Path, dry_run: bool, as_json: bool) -> int:
    """Settle what can be settled in a file with conflict markers, whoever made them.

    The three versions are read back from the markers, which need their base (`diff3` or `zdiff3` style), and merged
    again with what Muse knows of the file's type. What stays in dispute keeps its markers; the exit code is then 1.
    """
    from muse.core import markers
    from muse.core.io import write_bytes_atomic
    from muse.core.options import MergeOptions
    from muse.engine.merge.one_file import merge_one
    from muse.plugins import registry

    try:
        data = file.read_bytes()
    except OSError as error:
        raise MuseError(f"{file}: {error.strerror}") from None
    chunks = markers.parse(data)
    if chunks is None:
        hint = terminal.command("git", "checkout", "--conflict=diff3", "--", str(file))
        raise MuseError(f"{file}: the markers show no base, or do not pair", hint=hint)
    before = len(markers.conflicts_of(chunks))
    if not before:
        note(f"muse: {file}: no conflict markers")
        return int(ExitCode.OK)
    base, ours, theirs = (
        b"".join(markers.settled(chunk, side) if isinstance(chunk, markers.Conflict) else chunk for chunk in chunks)
        for side in ("base", "ours", "theirs")
    )
    name, domain = _named(file)
    plugin = registry.plugin_for_path(name, first=domain)
    merged = merge_one(plugin, file.name, base, ours, theirs, MergeOptions(conflict_style="diff3"))
    left = len(merged.conflicts)
    content = merged.content
    if content is not None and content != data and not dry_run:
        write_bytes_atomic(file, content)
    if as_json:
        print_json(
            {
                "path": str(file),
                "conflicts_before": before,
                "conflicts_left": left,
                "conflicts": [record.to_dict() for record in merged.conflicts],
            }
        )
    else:
        note(f"muse: {file}: {plural(before, 'conflict')}, {left} left")
        for record in merged.conflicts:
            say(f"{record.address or terminal.path(file.name)}: {record.ours_summary} | {record.theirs_summary}")
    return int(ExitCode.CONFLICT if left else ExitCode.OK)


def _named(file: Path) -> tuple[str, str]:
    """The file's path in the repository it is in, and that repository's own domain; its name and "" outside of one."""
    from muse.core import paths
    from muse.plugins import registry

    whole = file.resolve()
    try:
        root = paths.find_root(whole.parent).resolve()
        return whole.relative_to(root).as_posix(), registry.read_domain(root)
    except (MuseError, ValueError):
        return file.name, ""
