"""A repository's scores, history and merges as a folder of pages: static, linked to each other, loading nothing else.

    index.html             the graph, every commit with what it changed, every piece
    commits/<id>.html      a commit; a merge with base, ours, theirs and result
    scores/<name>.html     a piece as it is now, with the commits that made it
    assets/                script and style, once for all pages
    site.json              what was written, so that the next run takes away what it no longer makes

A page is the one `muse render` makes, with script and style in files of their own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from muse._version import __version__
from muse.core.errors import MuseError
from muse.core.io import write_bytes_atomic
from muse.view import page as view
from muse.view import sound
from muse.view.text import shorten

if TYPE_CHECKING:
    from muse.engine.history.log import Commit
    from muse.engine.resolve.compare import Compared, Piece

MANIFEST = "site.json"
_OWN = re.compile(r"(?:(?:commits|scores|assets)/)?[A-Za-z0-9][A-Za-z0-9._-]*")
_UP = "../"


class Site:
    """Writes one site; pages are written as they are made, what an earlier run left over goes at the end."""

    def __init__(self, folder: Path, title: str, plugin_for: Any) -> None:
        self.folder, self.title, self.plugin_for = folder, title, plugin_for
        self.known = _known(folder)
        self.written: list[str] = []
        self.said: dict[str, str] = {}
        self.scripts: set[str] = set()
        self.programs: set[int] = set()
        self.drums: set[int] = set()

    def commit(self, commit: Commit, page: view.Page, compared: Iterable[Compared]) -> None:
        """The page of one commit."""
        page.links = [("All commits", f"{_UP}index.html")]
        data = view.contents(page, compared, self.plugin_for)
        files = sorted(data["files"], key=lambda each: each["music"] is None)
        told = [f"{each['path']}: {shorten(each['said'] or each['note'] or 'changed')}" for each in files]
        self.said[commit.id] = "; ".join(told[:2]) + (f"; {len(told) - 2} more" if len(told) > 2 else "")
        self._page(address_of(commit), data)

    def piece(self, piece: Piece, taken: Mapping[str, str]) -> None:
        """The page of one score."""
        from muse.engine.resolve.compare import Compared

        page = view.Page(piece.path, commits=list(piece.commits), said=self.said)
        page.links = [("All commits", f"{_UP}index.html")]
        page.addresses = {commit.id: f"{_UP}{address_of(commit)}" for commit in piece.commits if commit.id in self.said}
        data = view.contents(page, [Compared(piece.path, {"now": piece.data})], self.plugin_for)
        self._page(taken[piece.path], data)

    def index(self, about: list[tuple[str, str]], commits: list[Commit], taken: Mapping[str, str]) -> None:
        """The first page, assets and manifest; then what an earlier run made and this one did not is removed."""
        page = view.Page(self.title, about, commits=commits, said=self.said)
        page.links = list(taken.items())
        page.addresses = {commit.id: address_of(commit) for commit in commits if commit.id in self.said}
        self._page("index.html", view.contents(page, [], self.plugin_for))
        for name in [*sorted(self.scripts), "page.css", "THIRD-PARTY.txt"]:
            self._write(f"assets/{name}", view.template(name))
        if self.programs or self.drums:
            cut = json.dumps(sound.cut(self.programs, self.drums), separators=(",", ":"))
            self._write("assets/sounds.js", f"globalThis.museSounds={cut};\n")
        manifest = {"made_by": f"muse {__version__}", "files": sorted(self.written)}
        for name in self.known - set(self.written):
            with suppress(OSError):
                os.unlink(self.folder / name)
        self._write(MANIFEST, json.dumps(manifest, indent=1) + "\n")

    def _page(self, name: str, data: dict[str, Any]) -> None:
        self.scripts.update(view.scripts(data))
        for each in data["files"]:
            if each["music"] is not None:
                programs, drums = sound.played(each["music"])
                self.programs |= programs
                self.drums |= drums
        self._write(name, view.html(data, assets=f"{_UP * name.count('/')}assets/"))

    def _write(self, name: str, text: str) -> None:
        try:
            write_bytes_atomic(self.folder / name, text.encode("utf-8", "replace"))
        except OSError as error:
            raise MuseError(f"cannot write {self.folder / name}: {error.strerror}") from None
        self.written.append(name)


def address_of(commit: Commit) -> str:
    """Where a commit's page is."""
    return f"commits/{commit.id[:16]}.html"


def addresses(paths: Iterable[str]) -> dict[str, str]:
    """Where the page of each piece is: named after its path, no two alike on any file system."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        plain = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")[:60] or "score"
        name = next(each for each in _numbered(plain) if each.lower() not in taken)
        taken.add(name.lower())
        found[path] = f"scores/{name}.html"
    return found


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _known(folder: Path) -> set[str]:
    """What an earlier run wrote. A folder that holds anything else and no site is not written to."""
    try:
        inside = os.listdir(folder)
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise MuseError(f"cannot write a site to {folder}: {error.strerror}") from None
    if not inside:
        return set()
    try:
        made = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not made["made_by"].startswith("muse "):
            raise ValueError
        return {name for name in made["files"] if _OWN.fullmatch(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        hint = "name a new or empty folder, or one that muse render --site made"
        raise MuseError(f"{folder} is not empty and no site of Muse", hint=hint) from None
