"""The page's script in the package is made from `web/` as it stands: no Node is needed to see that."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import muse

WEB = Path(__file__).resolve().parents[2] / "web"
BUNDLE = Path(muse.__file__).parent / "view" / "templates" / "page.js"


def fingerprint() -> str:
    """As web/build.mjs counts it."""
    found = hashlib.sha256()
    sources = [f"src/{each.name}" for each in sorted((WEB / "src").iterdir(), key=lambda each: each.name)]
    for name in [*sources, "build.mjs", "package-lock.json", "tsconfig.json"]:
        data = (WEB / name).read_bytes()
        found.update(f"{name}\0{len(data)}\0".encode() + data)
    return found.hexdigest()


def test_the_bundle_is_current() -> None:
    made = re.match(r"/\* made by web/build\.mjs from ([0-9a-f]{64}) \*/\n", BUNDLE.read_text())
    assert made is not None and made[1] == fingerprint(), "stale: run `npm ci && npm run build` in web/"


def test_nothing_in_the_bundle_ends_its_script_or_reaches_a_network() -> None:
    text = BUNDLE.read_text()
    assert "</script" not in text and "<!--" not in text
    assert set(re.findall(r"https?://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}
