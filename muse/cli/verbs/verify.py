"""`muse verify`: check everything Git and Muse have stored."""

from __future__ import annotations

import click

from muse.cli.context import note, print_json, repo
from muse.cli.options import json_option
from muse.core.errors import ExitCode
from muse.engine.gitio import watched
from muse.store.verify import problems


@click.command("verify", short_help="Check everything Muse has stored in this repository")
@click.option("--no-fsck", is_flag=True, help="Leave out `git fsck --strict`, which reads every object.")
@json_option
def command(no_fsck: bool, as_json: bool) -> int:
    """Check everything Git and Muse have stored in this repository.

    `git fsck --strict` for the objects; then the logs, deltas and states of all writers: whatever is not as the format
    says, or contradicts itself, is listed. Nothing is changed. The exit code is 1 when something is wrong.
    """
    here = repo()
    found = [{"where": f"{problem.ref}:{problem.path}", "why": problem.why} for problem in problems(here, deep=True)]
    if not no_fsck:
        done = watched(here, "fsck", "--strict", "--no-dangling")
        lines = (done.stderr + done.stdout).decode("utf-8", "replace").splitlines()
        found += [{"where": "git fsck", "why": line} for line in lines if not line.startswith("notice: ")]
    if as_json:
        print_json(found)
    for entry in () if as_json else found:
        click.echo(f"{entry['where']}: {entry['why']}")
    if not found and not as_json:
        note("muse: everything is as it should be")
    return int(ExitCode.CONFLICT if found else ExitCode.OK)
