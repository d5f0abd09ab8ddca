"""`muse show`: commits and what they changed."""

from __future__ import annotations

import click

from muse.cli.context import domains, print_json, repo
from muse.cli.gitverb import SpelledVerb, paged, split_own, use_color
from muse.cli.verbs.log import commit_row, head_lines


@click.command("show", cls=SpelledVerb, short_help="Show commits and what they changed")
def command(words: tuple[str, ...]) -> int:
    """Show commits (HEAD by default): head, message, and what each changed inside its files.

    A merge is shown against its first parent. --stat leaves out what is inside the files, --json prints everything.
    --sharps, --ticks and --ascii say how music is spelled: no flats, lengths in ticks, letters for signs.

    Whatever is no commit, such as REV:PATH, and any other option of `git show`, is Git's to answer.
    """
    from muse.engine.git import attended
    from muse.engine.history.log import commits, delta_of
    from muse.view.text import delta_lines

    here = repo()
    own, rest = split_own(words, {"--json", "--stat"})
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
