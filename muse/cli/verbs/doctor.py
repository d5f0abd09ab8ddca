"""`muse doctor`: find what is wrong with the set-up, and say what mends it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from muse.cli.context import print_json, repo
from muse.cli.gitverb import use_color
from muse.cli.options import json_option
from muse.cli.output import say
from muse.core.errors import ExitCode, NotARepositoryError
from muse.engine.setup import doctor as checkup
from muse.engine.setup.doctor import Finding
from muse.plugins import registry
from muse.view.text import paint


@click.command("doctor", short_help="Find what is wrong with this set-up, and say what mends it")
@json_option
def command(as_json: bool) -> int:
    """Find what is wrong with this set-up, and say what mends it.

    Changes nothing. The exit code is 1 when something is bad; a note is something that works with a limit.
    """
    findings = list(_findings())
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        color = use_color()
        for finding in findings:
            say(paint(f"{finding.state:<5}", finding.state, color) + finding.text)
            if finding.mend:
                say(f"     mend it: {finding.mend}")
    return int(ExitCode.CONFLICT if any(finding.state == "bad" for finding in findings) else ExitCode.OK)


def _findings() -> Iterator[Finding]:
    yield from checkup.check_git()
    yield from checkup.check_manual()
    broken = registry.broken_plugins()
    for domain, why in broken.items():
        mend = "pip install --force-reinstall muse-on-git" if domain in registry.BUILT_IN else "pip uninstall it"
        yield Finding("plugins", "bad", why, mend)
    if not broken:
        yield Finding("plugins", "ok", f"domains: {', '.join(registry.registered_domains())}")
    try:
        here = repo()
    except NotARepositoryError:
        yield Finding("repository", "note", "not in a git repository: only the installation was looked at")
        return
    yield from checkup.check_installation(here, registry.claimed_patterns())
    yield from checkup.check_records(here)
    yield from checkup.check_writer(here)
    yield from checkup.check_sessions(here)
    yield from checkup.check_metadata(here)
