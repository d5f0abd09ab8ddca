"""`muse verify`: check everything Git and Muse have stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from muse.cli.context import domains, note, print_json, repo
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core.errors import ExitCode
from muse.engine.git import watched
from muse.engine.history.agreement import false_deltas
from muse.store.meta import broken
from muse.store.meta.union import Union
from muse.store.objects import loose
from muse.store.verify import problems
from muse.view.text import one_line

if TYPE_CHECKING:
    from muse.store.meta.union import Problem


@click.command("verify", short_help="Check everything Muse has stored in this repository")
@click.option("--no-fsck", is_flag=True, help="Leave out `git fsck --strict`, which reads every object.")
@click.option("--repair", is_flag=True, help="Work out again what can be: deltas of this clone, digests.")
@json_option
def command(no_fsck: bool, repair: bool, as_json: bool) -> int:
    """Check everything Git and Muse have stored in this repository.

    `git fsck --strict` for the objects; then the logs, deltas and states of all writers: whatever is not as the format
    says, or contradicts itself, is listed. Nothing is changed without --repair. The exit code is 1 when something is
    wrong and still is.
    """
    here = repo()
    damaged = sorted(loose.damaged(here))
    lost = broken.broken(here, bad=set(damaged))
    aside = broken.set_aside(here) if repair and (lost or damaged) else []
    wrong = [*problems(here, deep=True), *false_deltas(here, Union(here, quiet=True))]
    mended: set[Problem] = set()
    if repair and wrong:
        from muse.engine.setup.repair import repair as mend

        plugin_for, domain = domains(here)
        mended = mend(here, wrong, plugin_for, domain=domain)
    found = [_row(f"{each.ref}:{each.path}", each.why, repaired=each in mended) for each in wrong]
    gone = {each.ref for each in aside}
    found[:0] = [_row(ref, "it names objects that are lost", repaired=ref in gone) for ref in lost]
    if repair:
        found[:0] = [_row(f"object {name}", "it is damaged", repaired=True) for name in damaged]
    if not no_fsck:
        done = watched(here, "fsck", "--strict", "--no-dangling")
        lines = (done.stderr + done.stdout).decode("utf-8", "replace").splitlines()
        found += [_row("git fsck", line) for line in lines if not line.startswith("notice: ")]
    left = [row for row in found if not row["repaired"]]
    if as_json:
        print_json(found)
        return int(ExitCode.CONFLICT if left else ExitCode.OK)
    for row in found:
        say(one_line(f"{row['where']:.400}: {row['why']}{' (repaired)' if row['repaired'] else ''}"))
    if not left:
        note("muse: everything is as it should be")
    elif not repair:
        note("hint: muse verify --repair works out again what can be; for objects: git fetch from a good clone")
    return int(ExitCode.CONFLICT if left else ExitCode.OK)


def _row(where: str, why: str, *, repaired: bool = False) -> dict[str, Any]:
    return {"where": where, "why": why, "repaired": repaired}
