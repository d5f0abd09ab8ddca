"""`muse diff`: what changed between two states, in the words of the domains."""

from __future__ import annotations

import click

from muse.cli.context import domains, print_json, repo
from muse.cli.gitverb import SpelledVerb, paged, split_own, use_color

_SECONDS = 30.0  # for telling what is inside files; those that are left are named
_OWN = {"--json", "--stat", "--exit-code"}
_PASSED = (
    "--cached",
    "--staged",
    "--merge-base",
    "-M",
    "-C",
    "-R",
    "--find-renames",
    "--no-renames",
    "--find-copies",
    "--find-copies-harder",
    "--diff-filter",
    "--ignore-submodules",
)


@click.command("diff", cls=SpelledVerb, short_help="Show what changed between two states")
def command(words: tuple[str, ...]) -> int:
    """Show what changed: the work tree against the index, --cached the index against HEAD, A against the work tree,
    or A against B; with paths, only those.

    --sharps, --ticks and --ascii say how music is spelled: no flats, lengths in ticks, letters for signs.

    --stat leaves out what is inside the files, --json prints everything; --exit-code answers 1 when there are
    differences. Any other option of `git diff` (such as -p) is Git's to answer.
    """
    from muse.engine.git import attended
    from muse.engine.history.changes import changes
    from muse.engine.history.diff import describe
    from muse.view.json import delta_row
    from muse.view.text import delta_lines

    here = repo()
    own, rest = split_own(words, _OWN)
    end = rest.index("--") if "--" in rest else len(rest)
    if any(word.startswith("-") and word.split("=")[0] not in _PASSED for word in rest[:end]):
        return attended(here, "diff", *words)
    plugin_for, domain = domains(here)
    delta = describe(here, changes(here, *rest), plugin_for, domain=domain, seconds=_SECONDS)
    if "--json" in own:
        print_json(delta_row(delta))
    else:
        with paged(here) as out:
            for line in delta_lines(delta, color=use_color(here), deep="--stat" not in own):
                out(line)
    return int(bool(delta["ops"]) and "--exit-code" in own)
