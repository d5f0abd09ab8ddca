"""What a shell is offered for a word: refs, remotes, sessions, domains and paths as they are now.

Loaded only while a shell asks. Whatever goes wrong there offers nothing.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from muse.core import terminal
from muse.core.errors import MuseError

Finder = Callable[[], Iterable[str]]


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return [line for line in done.stdout.decode("utf-8", "surrogateescape").split("\n") if line]


def refs() -> Iterable[str]:
    """Branches, tags, and branches of remotes."""
    return ["HEAD", *_git("for-each-ref", "--format=%(refname:strip=2)", "refs/heads", "refs/tags", "refs/remotes")]


def branches() -> Iterable[str]:
    """Local branches."""
    return _git("for-each-ref", "--format=%(refname:strip=2)", "refs/heads")


def tags() -> Iterable[str]:
    """Tags."""
    return _git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags")


def remotes() -> Iterable[str]:
    """Names of remotes."""
    return _git("remote")


def unmerged() -> Iterable[str]:
    """Paths left to settle, from here."""
    return sorted(set(_git("-c", "core.quotePath=false", "diff", "--name-only", "--diff-filter=U", "--relative")))


def sessions() -> Iterable[str]:
    """Live sessions known here."""
    from muse.cli.context import repo
    from muse.engine.session import commit

    return commit.names(repo())


def domains() -> Iterable[str]:
    """Domains that are installed."""
    from muse.plugins import registry

    return registry.registered_domains()


def languages() -> Iterable[str]:
    """Languages with a row of their own."""
    from muse.plugins.code.languages import ROWS

    return sorted(ROWS)


def offered(ctx: click.Context, finder: Finder, incomplete: str, *, files: bool = False) -> list[CompletionItem]:
    """What begins with the word that is being typed; in `A..B` that is B."""
    done, dots, rest = incomplete.rpartition("..")
    try:
        _go(ctx)
        names = [f"{done}{dots}{name}" for name in finder() if name.startswith(rest)]
    except (MuseError, OSError):
        names = []
    found = [CompletionItem(typed) for name in names if (typed := _typed(name))]
    return found or ([CompletionItem(incomplete, type="file")] if files else [])


def _typed(name: str) -> str:
    """A name as it is put on the line, where it must mean itself: anybody names branches and sessions.

    bash takes it as it is, so that it is quoted (and `read` in its script takes every other backslash away); the other
    shells quote by themselves, but not what breaks their lists.
    """
    if os.environ.get("_MUSE_COMPLETE", "").startswith("bash"):
        return terminal.word(name).replace("\\", "\\\\")
    return name if terminal.escaped(name) == name else ""


def _go(ctx: click.Context) -> None:
    """Where `-C` and `--git-dir` would have taken the command."""
    params = ctx.find_root().params
    for folder in params.get("folders") or ():
        os.chdir(folder)
    if params.get("git_dir"):
        os.environ["GIT_DIR"] = os.path.abspath(params["git_dir"])
