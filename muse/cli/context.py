"""What verbs share: the repository they stand in, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from muse.cli.output import note as note
from muse.cli.output import say
from muse.core.errors import MuseError

if TYPE_CHECKING:
    from muse.store.repository import Repository


def repo() -> Repository:
    """The repository Git would use here (or the one of `--git-dir`); NotARepositoryError when there is none."""
    from muse.store.repository import Repository

    return Repository.discover(".")


def print_json(value: Any) -> None:
    """One line of JSON with sorted keys; ASCII, so that no terminal or pipe can spoil it."""
    say(json_line(value))


def json_line(value: Any) -> str:
    """The value as one line of ASCII that needs no further escaping."""
    return json.dumps(value, sort_keys=True).replace("\x7f", "\\u007f")


def own_domain(here: Repository) -> str:
    """The repository's own domain, which is asked first; "" when it cannot be read, which others say."""
    from muse.plugins import registry

    try:
        return registry.read_domain(here.root)
    except MuseError:
        return ""


def domains(here: Repository) -> tuple[Callable[[str], Any], str]:
    """Which plugin a path of this repository belongs to, and the name of the repository's own domain."""
    from muse.plugins import registry

    own = registry.read_domain(here.root)
    return lambda path: registry.plugin_for_path(path, first=own), own
