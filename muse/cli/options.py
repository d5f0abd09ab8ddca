"""Options that several verbs share, so that they are spelled and explained once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """`--json`, handed to the verb as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, one value on one line.")(function)


def paths_argument(function: F) -> F:
    """Any number of PATHs, as typed, handed to the verb as `paths`."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())(function)
