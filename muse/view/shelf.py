"""Where pages that were opened in a browser stay: a few below the Git directory, the oldest going first."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from muse.core.errors import MuseError
from muse.core.io import write_bytes_atomic

_MOST = 10


def keep(git_dir: Path, title: str, text: str) -> Path:
    """Write a page; its place, which is good until a few others were opened. A browser may still be reading the last
    ones, and a page that is opened again is the same file."""
    shelf = Path(git_dir) / "muse" / "pages"
    name = re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-")[:60] or "page"
    place = shelf / f"{name}.html"
    try:
        write_bytes_atomic(place, text.encode("utf-8", "replace"))
    except OSError as error:
        raise MuseError(f"cannot write {place}: {error.strerror}", hint="muse render -o FILE") from None
    with suppress(OSError):
        pages = sorted(shelf.glob("*.html"), key=lambda page: page.stat().st_mtime, reverse=True)
        for page in pages[_MOST:]:
            page.unlink()
    return place.resolve()
