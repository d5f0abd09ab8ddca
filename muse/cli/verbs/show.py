"""`muse show`: commits and what they changed."""

from __future__ import annotations

import sys
import webbrowser
from typing import TYPE_CHECKING

import click

from muse.cli.context import domains, note, print_json, repo
from muse.cli.gitverb import SpelledVerb, paged, split_own, use_color
from muse.cli.output import say
from muse.cli.verbs.log import commit_row, head_lines
from muse.core import terminal
from muse.core.errors import UsageError

if TYPE_CHECKING:
    from muse.store.repository import Repository


@click.command("show", cls=SpelledVerb, short_help="Show commits and what they changed")
def command(words: tuple[str, ...]) -> int:
    """Show commits (HEAD by default): head, message, and what each changed inside its files.

    A merge is shown against its first parent. --stat leaves out what is inside the files, --json prints everything.
    --sharps, --ticks and --ascii say how music is spelled: no flats, lengths in ticks, letters for signs.

    --web opens one commit (or A..B, with -- PATH... only these) as a page in the browser: seen and heard. The page's
    place is printed, for where no browser opens. --web FILE opens a file as it is now, with its history.

    Whatever is no commit, such as REV:PATH, and any other option of `git show`, is Git's to answer.
    """
    from muse.engine.git import attended
    from muse.engine.history.log import commits, delta_of
    from muse.view.text import delta_lines

    here = repo()
    own, rest = split_own(words, {"--json", "--stat", "--web"})
    if "--web" in own:
        return _web(here, own, rest)
    kinds = {here.run("cat-file", "-t", name).stdout.strip() for name in rest or ["HEAD"]}
    if any(word.startswith("-") for word in rest) or kinds - {b"commit", b"tag"}:
        if "--json" not in own:
            return attended(here, "show", *words)
        here.resolve(rest[0] if rest else "HEAD")  # says what is wrong
    plugin_for, domain = domains(here)
    found = [
        (commit, delta_of(here, commit.tree, commit.parents, plugin_for, domain=domain, most=1000))
        for commit in commits(here, ["--no-walk=unsorted", *(here.resolve(name) for name in rest or ["HEAD"])])
    ]
    if "--json" in own:
        print_json([commit_row(commit, delta) for commit, delta in found])
        return 0
    color = use_color(here)
    with paged(here) as out:
        for number, (commit, delta) in enumerate(found):
            if number:
                out("")
            for line in head_lines(commit, color):
                out(line)
            if delta["ops"]:
                out("")
            for line in delta_lines(delta, color=color, deep="--stat" not in own):
                out(line)
    return 0


def _web(here: Repository, own: set[str], words: list[str]) -> int:
    """Write the page of one commit or range below the Git directory, print where, and open it."""
    from muse.cli.gitverb import paths_of
    from muse.cli.verbs.render import contents, from_top, is_revision, of_file
    from muse.view.page import build
    from muse.view.shelf import keep

    paths = paths_of(words)
    revs = words[: words.index("--")] if "--" in words else words
    if own != {"--web"} or len(revs) > 1 or any(rev.startswith("-") for rev in revs):
        hint = "muse show --web [REV | A..B | FILE] [-- PATH...]"
        raise UsageError("--web shows one commit, range or file, and takes no other options", hint=hint)
    plugin_for, _ = domains(here)
    if revs and not paths and not is_revision(here, revs[0]):
        page, files = of_file(here, revs[0])
    else:
        rev = revs[0] if revs else "HEAD"
        page, files = contents(here, rev, False, plugin_for, [from_top(here, path) for path in paths])
    place = keep(here.git_dir, page.title, build(page, files, plugin_for))
    say(terminal.path(str(place)))
    sys.stdout.flush()
    if not webbrowser.open(place.as_uri()):
        note("muse: no browser opened; open that file in one")
    return 0
