"""`muse bot`: merge a pull request in CI, because no forge runs merge drivers."""

from __future__ import annotations

import os

import click

from muse.cli.context import domains, print_json, repo
from muse.cli.options import json_option, late
from muse.cli.output import say
from muse.core.errors import ExitCode, UsageError


@click.command("bot", short_help="Merge a pull request in CI")
@click.option("--base", help="The branch it wants to go into; in a forge's CI, that of the job.")
@click.option("--head", help="Its branch, or a full ref such as refs/pull/7/head.")
@click.option("--remote", default="origin", show_default=True, shell_complete=late("remotes"))
@click.option("--push", "pushes", is_flag=True, help="Push the merge; without it nothing is changed anywhere.")
@click.option("--comment", "comments", is_flag=True, help="Say what came of it in the pull request's thread.")
@click.option("--link", default="", help="An address to add to the comment, of a page made with `muse render`, say.")
@json_option
def command(
    base: str | None, head: str | None, remote: str, pushes: bool, comments: bool, link: str, as_json: bool
) -> int:
    """Merge a pull request where its forge cannot, because no forge runs merge drivers.

    The base is merged into the head, in any clone, without touching its work tree. A clean merge goes to the head's
    branch, unless that is the default branch or somebody else's; what is left in conflict, with markers, and what
    cannot go there, to the branch muse/merge/HEAD beside it. Without --push and --comment that is only printed.

    In a job of GitHub, Gitea, Forgejo or GitLab the pull request is the job's own; the token to comment with comes from
    GITHUB_TOKEN or GITLAB_TOKEN. The exit code is 1 when something is left to settle.
    """
    from muse.engine.bot import forges, merging, report
    from muse.engine.bot.pull import Pull, from_environment

    if (base is None) != (head is None):
        raise UsageError("--base and --head go together")
    pull = Pull(base, head) if base is not None and head is not None else from_environment(os.environ)
    if pull is None:
        raise UsageError("which pull request? Use --base and --head, or run it in a forge's job for one")
    if comments and pull.thread is None:
        raise UsageError("--comment needs the job of a pull request: with --base and --head there is no thread")
    here = repo()
    answer = merging.merge_pull(here, remote, pull, domains(here)[0])
    if pushes and answer.needed:
        here.expect_writing()
        merging.push(here, remote, answer)
    text = report.markdown(answer, link)
    said = forges.comment(pull.thread, text, os.environ) if comments and pull.thread is not None else ""
    if as_json:
        print_json(report.as_json(answer, said))
    else:
        for line in text.removeprefix(report.MARK).strip().split("\n"):
            say(line)
    return int(ExitCode.OK if answer.clean else ExitCode.CONFLICT)
