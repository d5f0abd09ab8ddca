"""`muse doctor`: find what is wrong with the set-up, and say what mends it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from muse.cli.context import domains, own_domain, print_json, repo
from muse.cli.gitverb import use_color
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core.errors import ExitCode, MuseError, NotARepositoryError, UsageError
from muse.engine.git import below_top
from muse.engine.setup import doctor as checkup
from muse.engine.setup.doctor import Finding
from muse.plugins import promises, registry
from muse.view.text import paint

if TYPE_CHECKING:
    from muse.store.repository import Repository


@click.command("doctor", short_help="Find what is wrong with this set-up, and say what mends it")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@json_option
def command(paths: tuple[str, ...], as_json: bool) -> int:
    """Find what is wrong with this set-up, and say what mends it. With PATH: say who merges these files.

    Changes nothing. The exit code is 1 when something is bad; a note is something that works with a limit. What a
    project's or your own attributes say about merging is obeyed, and no fault.
    """
    findings = list(_about(paths) if paths else _findings())
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        color = use_color()
        for finding in findings:
            say(paint(f"{finding.state:<5}", finding.state, color) + finding.text)
            if finding.mend:
                say(f"     mend it: {finding.mend}")
    return int(ExitCode.CONFLICT if any(finding.state == "bad" for finding in findings) else ExitCode.OK)


def _about(paths: tuple[str, ...]) -> Iterator[Finding]:
    here = repo()
    below = below_top(here)
    names = [os.path.normpath(os.path.join(below, path)).replace(os.sep, "/") for path in paths]
    outside = [path for path, name in zip(paths, names) if name.startswith("..") or os.path.isabs(name)]
    if outside:
        raise UsageError(f"{outside[0]} is not in this work tree")
    yield from checkup.check_paths(here, names, registry.domain_for_path)


def _findings() -> Iterator[Finding]:
    yield from checkup.check_git()
    yield from checkup.check_manual()
    broken = registry.broken_plugins()
    for domain, why in broken.items():
        mend = "pip install --force-reinstall muse-on-git" if domain in registry.BUILT_IN else "pip uninstall it"
        yield Finding("plugins", "bad", why, mend)
    try:
        here = repo()
    except NotARepositoryError:
        yield from _kept("", bool(broken))
        yield Finding("repository", "note", "not in a git repository: only the installation was looked at")
        return
    own = own_domain(here)
    yield from _kept(own, bool(broken))
    yield from _rules(here)
    yield from _reached(here)
    yield from checkup.check_installation(here, registry.claimed_patterns(own), registry.listed(own))
    yield from checkup.check_records(here)
    yield from checkup.check_writer(here)
    yield from checkup.check_signatures(here)
    yield from checkup.check_sessions(here, domains(here)[0])
    yield from checkup.check_metadata(here)


def _kept(own: str, broken: bool) -> Iterator[Finding]:
    """Does every plugin keep what it promises?"""
    wrong = list(promises.mismatches(own))
    for found in wrong:
        yield Finding("plugins", "bad" if found.bad else "note", found.text, "see docs/plugins.md" if found.bad else "")
    if not broken and not wrong:
        yield Finding("plugins", "ok", f"domains: {', '.join(registry.registered_domains())}")


def _reached(here: Repository) -> Iterator[Finding]:
    """Do drivers, which are started without PYTHONPATH, find the plugins that we find?"""
    import sysconfig

    known = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    known += (here.config("muse.pluginpath") or "").split(os.pathsep)
    reached = {os.path.realpath(folder) for folder in known if folder}
    for domain, folder in registry.folders().items():
        if folder not in reached:
            text = f"{domain}: drivers do not find its package, which is in {folder}: its files merge without it"
            yield Finding("plugins", "bad", text, f"git config --global --add muse.pluginPath {shlex.quote(folder)}")


def _rules(here: Repository) -> Iterator[Finding]:
    """Do the rules speak of dimensions that there are?"""
    try:
        for text in promises.unknown_dimensions(here.root):
            yield Finding("rules", "bad", text, "muse domains NAME lists a domain's dimensions")
    except (MuseError, OSError) as error:
        yield Finding("rules", "bad", str(error), "mend .museattributes")
