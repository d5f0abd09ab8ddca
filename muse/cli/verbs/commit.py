"""`muse commit`."""

from __future__ import annotations

import os

import click

from muse.cli.context import domains, note, repo
from muse.cli.options import git_switches, git_words, late
from muse.cli.output import data
from muse.core.errors import UsageError

_SWITCHES = {
    "--amend": "Replace the last commit.",
    "--allow-empty": "Commit even when nothing changed.",
    "--no-edit": "Take the message as it is.",
    "-e --edit": "Edit the message.",
    "-s --signoff": "Add a Signed-off-by line.",
    "-S --gpg-sign": "Sign the commit.",
    "-n --no-verify": "Skip the hooks that may refuse.",
    "-q --quiet": "Say nothing when all is well.",
}


@click.command("commit", short_help="Record every change")
@click.option("-m", "--message", multiple=True, metavar="TEXT", help="The message; a second -m is a second paragraph.")
@click.option("-F", "--file", metavar="FILE", help="Take the message from a file (- is standard input).")
@click.option("--staged", is_flag=True, help="Commit the index as it is.")
@click.option("-a", "--all", "everything", is_flag=True, help="Everything, even when the index is partly staged.")
@click.option("--author", metavar="NAME <EMAIL>", help="Somebody else wrote this.")
@click.option("--date", metavar="DATE", help="When it was written.")
@click.option(
    "--session",
    metavar="NAME",
    shell_complete=late("sessions"),
    help="Record what changed as ops of this live session, too.",
)
@git_switches(_SWITCHES)
def command(
    message: tuple[str, ...],
    file: str | None,
    staged: bool,
    everything: bool,
    author: str | None,
    date: str | None,
    session: str | None,
    **switches: bool,
) -> int:
    """Record every change: tracked files, and untracked ones that neither .gitignore nor .museignore excludes.

    Hooks, identity and signing are as Git's configuration says. The structured delta is kept beside the commit.
    """
    from muse.engine.worktree.commit import commit

    if staged and everything:
        raise UsageError("--staged and --all exclude each other")
    here = repo()
    flags = [word for text in message for word in ("-m", text)]
    for name, value in (("-F", file), ("--author", author), ("--date", date)):
        flags += [] if value is None else [name, value]
    flags += git_words(switches)
    plugin_for, domain = domains(here)
    before = here.head()
    code, trouble = commit(here, flags, plugin_for, staged=staged, everything=everything, domain=domain, tell=data)
    if code == 0 and os.path.isdir(here.git_dir / "muse" / "conflicts"):
        from muse.engine.merge.worktree import drop_records

        drop_records(here)
    if trouble:
        note(f"muse: {trouble}")
    if session is not None and code == 0 and here.head() != before:
        from muse.engine.session.record import record_commit

        record_commit(here, session, plugin_for, actor=here.config("user.name") or "somebody", domain=domain)
    return code
