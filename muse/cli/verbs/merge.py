"""`muse merge`: a whole merge in one process, put in place by `git merge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from muse.cli.context import domains, note, own_domain, print_json, repo
from muse.cli.options import git_switches, git_words, json_option, late
from muse.cli.output import say
from muse.core import terminal
from muse.core.errors import ExitCode, MuseError, UsageError

if TYPE_CHECKING:
    from muse.engine.merge.whole_tree import WholeMerge
    from muse.store.repository import Repository

_MOST_TOLD = 16  # files; telling what a large merge changed takes longer than making it
_SWITCHES = {
    "--no-ff": "Make a merge commit even where a fast-forward would do.",
    "--ff": "Fast-forward where possible.",
    "--ff-only": "Refuse anything but a fast-forward.",
    "--squash": "Take the changes, record no merge.",
    "--no-commit": "Stop before committing.",
    "-e --edit": "Edit the message.",
    "--no-edit": "Take the message as it is.",
    "--signoff": "Add a Signed-off-by line.",
    "-S --gpg-sign": "Sign the merge commit.",
    "--no-verify": "Skip the hooks that may refuse.",
    "--autostash": "Stash local changes meanwhile.",
    "--stat": "Show what the merge changed.",
    "-n --no-stat": "Do not show what the merge changed.",
    "-q --quiet": "Say only what needs attention.",
}


@click.command("merge", short_help="Merge another line of history into this one")
@click.argument("theirs", nargs=-1, metavar="[COMMIT]...", shell_complete=late("refs"))
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@click.option("--abort", "finish", flag_value="--abort", help="Give up the merge in progress.")
@click.option("--continue", "finish", flag_value="--continue", help="Commit the merge in progress.")
@click.option("--quit", "finish", flag_value="--quit", help="Forget the merge in progress, keep the files.")
@click.option("-m", "--message", multiple=True, metavar="TEXT", help="The message of the merge commit.")
@click.option("-F", "--file", metavar="FILE", help="Take the message from a file.")
@git_switches(_SWITCHES)
@json_option
def command(
    theirs: tuple[str, ...],
    dry_run: bool,
    finish: str | None,
    message: tuple[str, ...],
    file: str | None,
    as_json: bool,
    **switches: bool,
) -> int:
    """Merge another line of history into this one (without COMMIT: the upstream branch).

    Git merges the trees, each file that both sides changed is merged by its domain. Where that leaves conflicts the
    exit code is 1, `muse conflicts` lists them, `muse resolve` settles them, `muse merge --continue` commits and
    `muse merge --abort` goes back.
    """
    here = repo()
    if finish is not None:
        if theirs or dry_run:
            raise UsageError(f"{finish} takes no other arguments")
        return _finish(here, finish)
    if dry_run:
        return _dry_run(here, theirs, as_json)
    if as_json:
        raise UsageError("--json goes with --dry-run")
    words = [*git_words(switches), *(word for text in message for word in ("-m", text))]
    words += ["-F", file] if file is not None else []
    return _merge(here, theirs, words, switches["quiet"])


def _merge(here: Repository, theirs: tuple[str, ...], words: list[str], quiet: bool) -> int:
    from muse.engine.merge import join_states, worktree

    theirs = tuple("@{-1}" if name == "-" else name for name in theirs)
    named = theirs or _upstream(here)
    before = here.head()
    if worktree.left_to_git(here, named, no_ff="--no-ff" in words) or "--ff-only" in words:
        return _by_git(here, [*words, *theirs], before)
    merged = _decided(here, named[0], theirs[0] if theirs else _label(here))
    guarded = "--autostash" not in words and not here.config_bool("merge.autostash", False)
    if guarded:
        worktree.refuse_overwriting(here, merged)
    _say(merged, quiet)
    code = worktree.apply(here, merged, theirs[0] if theirs else None, words, guarded=guarded)
    if code == 1 and merged.stages:
        worktree.keep_records(here, merged)
        note("muse conflicts lists what is left to settle")
    elif code == 0 and here.head() != before:
        _keep(here)
        join_states.keep(here, merged.git.ours, merged.git.theirs, merged.tree, merged.joined)
    return code


def _by_git(here: Repository, words: list[str], before: str | None) -> int:
    """What is left to `git merge`, with the driver."""
    from muse.engine import conflict_records
    from muse.engine.merge import worktree
    from muse.plugins.registry import claimed_patterns

    code = worktree.by_git(here, words, claimed_patterns(own_domain(here)))
    if code == 1 and conflict_records.load_all(here.git_dir):
        note("muse conflicts lists what is left to settle")
    elif code == 0 and here.head() != before and here.run("rev-parse", "-q", "--verify", "HEAD^2").returncode == 0:
        _keep(here)
    return code


def _decided(here: Repository, theirs: str, label: str) -> WholeMerge:
    from muse.engine.merge.whole_tree import merge_commits

    return merge_commits(here, "HEAD", theirs, domains(here)[0], theirs_label=label)


def _upstream(here: Repository) -> tuple[str, ...]:
    if here.run("rev-parse", "--verify", "-q", "@{upstream}").returncode:
        raise MuseError("nothing to merge: this branch follows no other", hint="muse merge BRANCH")
    return ("@{upstream}",)


def _label(here: Repository) -> str:
    from muse.engine.history.ancestry import upstream

    return upstream(here) or "@{upstream}"


def _say(merged: WholeMerge, quiet: bool) -> None:
    """Git's sentences, and one line for each path that Muse settled beyond Git or has something to say of."""
    import os

    for message in merged.messages:
        if message.kind.startswith("CONFLICT") or not quiet:
            for line in message.text.rstrip("\n").split("\n"):
                say(line)
    for decision in merged.decisions:
        path = os.fsdecode(decision.path)
        notes = "; ".join(text.removeprefix(f"{path}: ") for text in decision.merge.notes)
        if decision.beyond_git:
            notes = notes or "resolved where Git alone has a conflict"
            note(f"{terminal.path(path)}: {notes} (muse review shows it)")
        elif notes:
            note(f"{terminal.path(path)}: {notes}")


def _keep(here: Repository) -> None:
    from muse.engine.worktree.commit import keep_deltas

    plugin_for, domain = domains(here)
    trouble = keep_deltas(here, "HEAD", plugin_for, domain=domain, most=_MOST_TOLD)
    if trouble:
        note(f"muse: {trouble}")


def _finish(here: Repository, flag: str) -> int:
    from muse.engine.git import attended
    from muse.engine.merge import worktree

    code = attended(here, "merge", flag)
    if code == 0:
        worktree.drop_records(here)
        if flag == "--continue":
            _keep(here)
    return code


def _dry_run(here: Repository, theirs: tuple[str, ...], as_json: bool) -> int:
    from muse.engine.git import scratch
    from muse.view.json import merge_row

    if len(theirs) > 1:
        raise UsageError("--dry-run takes one commit")
    named = theirs or _upstream(here)
    with scratch(here) as trial:
        merged = _decided(trial, named[0], theirs[0] if theirs else _label(here))
        if as_json:
            print_json(merge_row(merged))
        else:
            from muse.engine.resolve.groups import kind_words

            _say(merged, quiet=False)
            for decision in merged.decisions:
                for record in decision.merge.conflicts:
                    where = f" {record.address}" if record.address else ""
                    say(
                        f"    {terminal.path(record.path)}{where}: {kind_words(record.conflict_type)}"
                        f" (ours: {record.ours_summary}; theirs: {record.theirs_summary})"
                    )
            left = len(merged.stages)
            say("would merge cleanly" if merged.clean else f"would leave {left} path(s) in conflict")
    return int(ExitCode.OK if merged.clean else ExitCode.CONFLICT)
