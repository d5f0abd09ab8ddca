"""`muse install`: make Git use Muse's drivers."""

from __future__ import annotations

from pathlib import Path

import click

from muse.cli.context import note
from muse.core import paths
from muse.core.errors import MuseError, NotARepositoryError
from muse.engine.setup import install as setup
from muse.plugins import registry


def scope_options(function: click.decorators.FC) -> click.decorators.FC:
    """`--local`, `--global`, `--system` and `--attributes`, shared with `muse uninstall`."""
    for scope, text in (
        ("system", "For every user of this machine."),
        ("global", "For every repository of this user."),
        ("local", "For this repository (default)."),
    ):
        function = click.option(f"--{scope}", "scope", flag_value=scope, help=text)(function)
    where = click.Choice(setup.ATTRIBUTES)
    text = "Where the file types go: this clone (info), .gitattributes (tracked), or this user (global)."
    return click.option("--attributes", type=where, help=text)(function)


def places_for(scope: str | None, attributes: str | None) -> setup.Places:
    """The files of a scope, for the repository at or above the current folder."""
    root: Path | None
    try:
        root = paths.find_root()
    except NotARepositoryError:
        root = None
    return setup.places(root, scope or "local", attributes)


@click.command("install", short_help="Make Git use Muse's merge and diff drivers")
@click.option(
    "--only", multiple=True, metavar="DOMAIN", help="Only the file types of this domain: midi, score, daw, code."
)
@scope_options
def command(scope: str | None, attributes: str | None, only: tuple[str, ...]) -> None:
    """Make Git use Muse's merge and diff drivers.

    Writes one marked block into Git's configuration and one into an attributes file; a second run changes nothing,
    and `muse uninstall` gives back the files as they were. `--only midi` leaves source files to Git, `--only code`
    leaves scores to it; without it, all file types are set up.
    """
    if not setup.find_programs():
        raise MuseError(
            f"{setup.PROGRAM} is not installed beside {setup.interpreter()} nor on PATH",
            hint="pipx install muse-on-git",
        )
    for warning in registry.broken_plugins().values():
        note(f"muse: {warning}")
    only = tuple(dict.fromkeys(registry.ALIASES.get(name, name) for name in only))
    own = _own(scope)
    patterns, listed = registry.claimed_patterns(own), registry.listed(own)
    changed = setup.install(places_for(scope, attributes), patterns, listed=listed, only=only)
    for path in changed:
        note(f"muse: wrote {path}")
    if not changed:
        note("muse: already installed, nothing to change")
        return
    domains = ", ".join(sorted(setup.limited(patterns, only)))
    note(f"muse: git merge, rebase and diff now know: {domains}")
    note("next: work with git as ever; `muse doctor` tests the set-up, `muse doctor FILE` says who merges a file")


def _own(scope: str | None) -> str:
    """The domain of the repository that is set up; none counts where it is for all of them."""
    if scope not in (None, "local"):
        return ""
    try:
        return registry.read_domain(paths.find_root())
    except MuseError:
        return ""


def install_into(root: Path) -> None:
    """Set a fresh repository up, quietly; for `muse init` and `muse clone`."""
    if not setup.find_programs():
        note(f"muse: {setup.PROGRAM} is not on PATH, so Git merges without Muse; see: muse doctor")
    try:
        own = registry.read_domain(root)
        setup.install(setup.places(root), registry.claimed_patterns(own), listed=registry.listed(own))
    except OSError as error:
        raise MuseError(f"cannot set Muse up in {root}: {error.strerror}", hint="muse install") from None
