"""`muse solve`: improve files that already hold conflict markers."""

from __future__ import annotations

from pathlib import Path

import click

from muse.cli.context import note, own_domain, print_json
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError, UsageError
from muse.core.types import plural


@click.command("solve", short_help="Settle what can be settled in files with conflict markers")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--base", type=click.Path(path_type=Path), metavar="FILE", help="The version that both sides come from.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be left, and write nothing.")
@json_option
def command(files: tuple[Path, ...], base: Path | None, dry_run: bool, as_json: bool) -> int:
    """Settle what can be settled in files with conflict markers, whoever made them.

    The two sides are read back from the markers and merged again with what Muse knows of the file's type. What both
    come from is known of an unmerged path, and from markers in `diff3` or `zdiff3` style; else name it with --base.
    What was settled by hand stays. What stays in dispute keeps its markers; the exit code is then 1.
    """
    if base is not None and len(files) > 1:
        raise UsageError("--base is what one file comes from")
    original = None if base is None else _read(base)
    left = sum(_solved(file, original, dry_run, as_json) for file in files)
    return int(ExitCode.CONFLICT if left else ExitCode.OK)


def _solved(file: Path, base: bytes | None, dry_run: bool, as_json: bool) -> int:
    """How many conflicts are left in a file; written unless `dry_run`, and told."""
    from muse.core.io import write_bytes_atomic
    from muse.engine.resolve.marked import place_of, solve
    from muse.plugins import registry

    data = _read(file)
    repo, name = place_of(file)
    plugin = registry.plugin_for_path(name, first="" if repo is None else own_domain(repo))
    solved = solve(name, data, plugin, repo, base)
    if solved is None:
        note(f"muse: {terminal.path(str(file))}: no conflict markers")
        return 0
    merged, before = solved
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
        note(f"muse: {terminal.path(str(file))}: {plural(before, 'conflict')}, {left} left")
        for record in merged.conflicts:
            say(f"{record.address or terminal.path(file.name)}: {record.ours_summary} | {record.theirs_summary}")
    return left


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise MuseError(f"{terminal.path(str(file))}: {error.strerror}") from None
