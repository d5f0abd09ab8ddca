"""`muse completion`: the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from muse.cli.output import data
from muse.core.errors import UsageError

# Git's completion calls this for `git muse ...`, with the words of the line in `words` and `cword`.
_GIT_MUSE = """\
_git_muse() {
    local COMP_WORDS=("${words[@]:1}") COMP_CWORD=$((cword - 1))
    _muse_completion muse
}"""


@click.command("completion", short_help="Print the completion script of a shell")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell, which offers verbs, options, refs, remotes, sessions, domains and paths.

    In ~/.bashrc or ~/.zshrc: eval "$(muse completion bash)" (or zsh); for fish: muse completion fish | source in
    ~/.config/fish/config.fish. Where Git's own completion for bash is loaded, `git muse` is completed as well.
    """
    from muse.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"no completion for {shell}")
    data(kind(cli, {}, "muse", "_MUSE_COMPLETE").source().encode() + b"\n")
    if shell == "bash":
        data(_GIT_MUSE.encode() + b"\n")
