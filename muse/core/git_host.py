"""What the core needs from Git, as one narrow protocol; `muse.store` fulfils it.

The core knows no Git and imports nothing above it. `muse/__init__.py`, which every import of ours runs first, says
where the host comes from; it is loaded at the first question.
"""

from __future__ import annotations

TYPE_CHECKING = False  # spelled out: every start of a driver runs this file, and typing costs it 4 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any, Protocol

    from muse.core.content import ContentStore

    class GitHost(Protocol):
        """Answers about the Git repository whose work tree (or bare directory) is `root`."""

        def content(self, root: Path) -> ContentStore:
            """The repository's content by digest."""
            ...

        def writer(self, root: Path) -> str:
            """The clone's writer id; made on first use."""
            ...

        def archived(self, root: Path, recipe: dict[str, Any]) -> Iterator[bytes]:
            """A log segment put together again as its recipe says; KeyError when Git has it no more."""
            ...


_provider: Callable[[], GitHost] | None = None


def provide(provider: Callable[[], GitHost]) -> None:
    """Say where the host comes from: called once, before anybody asks."""
    global _provider
    _provider = provider


def host() -> GitHost:
    """The host; MuseError where none was provided."""
    if _provider is None:
        from muse.core.errors import MuseError

        raise MuseError("no Git host is provided", hint="import muse, or call muse.core.git_host.provide(...)")
    return _provider()
