"""`muse mcp`: a Model Context Protocol server for one repository, over standard input and output."""

from __future__ import annotations

import click

from muse.cli.context import domains, repo
from muse.core.errors import MuseError


@click.command("mcp", short_help="Serve this repository to agents over MCP")
@click.option("--actor", metavar="NAME", help="Who makes the ops of calls that do not say so (default: agent).")
def command(actor: str | None) -> None:
    """Serve this repository to agents over the Model Context Protocol, on standard input and output.

    Tools: list_elements, read, list_sessions, start_session, append_ops, session_status, commit_session,
    list_conflicts, resolve, claim, release, who_is_editing. Needs the extra: pip install "muse-on-git[mcp]".
    docs/agents.md shows how to set it up.
    """
    here = repo()
    try:
        import mcp  # noqa: F401
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "anyio"):
            raise
        raise MuseError("the MCP server needs the Python package mcp", hint='pip install "muse-on-git[mcp]"') from None
    from muse.cli.mcp.tools import ToolSet
    from muse.cli.mcp.wire import serve

    look_up, own = domains(here)
    serve(ToolSet(here, look_up, own, actor or "agent"))
