"""`muse merge-tree`: merge two commits without a work tree, for servers and CI."""

from __future__ import annotations

import os

import click

from muse.cli import output
from muse.cli.context import domains, print_json, repo
from muse.cli.options import json_option, late
from muse.core import terminal
from muse.core.errors import ExitCode


@click.command("merge-tree", short_help="Merge two commits without a work tree")
@click.argument("ours", shell_complete=late("refs"))
@click.argument("theirs", shell_complete=late("refs"))
@click.option("-z", "nul", is_flag=True, help="End records with NUL, as `git merge-tree -z` does.")
@click.option("--name-only", is_flag=True, help="Of conflicts, only the paths.")
@click.option("--messages/--no-messages", default=None, help="What was merged and how; the default: with conflicts.")
@json_option
def command(ours: str, theirs: str, nul: bool, name_only: bool, messages: bool | None, as_json: bool) -> int:
    """Merge two commits without a work tree: print the tree's id, then conflicts as `git merge-tree` does.

    Nothing but objects is written. The exit code is 1 when there are conflicts. To make a commit of a clean merge:
    `git commit-tree TREE -p OURS -p THEIRS -m MESSAGE`.
    """
    from muse.engine.merge.whole_tree import merge_commits
    from muse.view.json import merge_row

    here = repo()
    merged = merge_commits(here, ours, theirs, domains(here)[0], ours_label=ours, theirs_label=theirs)
    code = int(ExitCode.OK if merged.clean else ExitCode.CONFLICT)
    if as_json:
        print_json(merge_row(merged))
        return code
    end = b"\0" if nul else b"\n"
    out = [merged.tree.encode() + end]
    all_ascii = here.config_bool("core.quotepath", True)
    for path, stages in sorted(merged.stages.items()):
        name = path if nul else os.fsencode(terminal.path(os.fsdecode(path), all_ascii=all_ascii))
        if name_only:
            out.append(name + end)
        else:
            out += [b"%s %s %d\t%s%s" % (s.mode, s.id.encode(), n, name, end) for n, s in sorted(stages.items())]
    if not merged.clean if messages is None else messages:
        out.append(end)
        for m in merged.messages:
            parts = [str(len(m.paths)).encode(), *m.paths, m.kind.encode()] if nul else []
            text = m.text if nul else "\n".join(terminal.escaped(line) for line in m.text.split("\n"))
            out.append(b"".join(part + end for part in parts) + os.fsencode(text) + (b"\n" + end if nul else end))
    output.data(b"".join(out))
    return code
