"""What is kept of a joined session in Git's configuration: where its relay is, and which files let us in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from muse.core.errors import UsageError
from muse.store.relay.address import FILES, Access, access, parse

if TYPE_CHECKING:
    from muse.store.repository import Repository

KEPT = (*FILES, "domain")


def key(session: str, what: str = "relay") -> str:
    """`muse.session.<name>.<what>`."""
    if re.search(r"[\n\0]", session):
        raise UsageError("the name of a joined session has no line ends in it")
    return f"muse.session.{session}.{what}"


def chosen(repo: Repository, session: str, address: str | None, asked: dict[str, str | None]) -> Access:
    """What was asked for, by the keys of `KEPT`, else what was kept."""
    told = address or repo.config(key(session))
    if not told:
        raise UsageError("which relay?", hint="muse session join NAME nats://HOST[:PORT]")
    kept = {name: asked.get(name) or (None if address else repo.config(key(session, name))) for name in KEPT}
    return access(parse(told), kept, kept["domain"] or "")


def keep(repo: Repository, session: str, to: Access) -> None:
    """Keep it for the next time."""
    repo.git("config", "--replace-all", key(session), to.shown)
    for name in KEPT:
        if value := to.domain if name == "domain" else to.files.get(name):
            repo.git("config", "--replace-all", key(session, name), value)
        else:
            repo.run("config", "--unset-all", key(session, name))


def forget(repo: Repository, session: str) -> bool:
    """Keep nothing of it any more; False when there was nothing."""
    found = [repo.run("config", "--unset-all", key(session, name)).returncode == 0 for name in ("relay", *KEPT)]
    return any(found)


__all__ = ["KEPT", "chosen", "forget", "keep", "key"]
