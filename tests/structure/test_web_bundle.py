"""The page's script in the package is made from `web/` as it stands: no Node is needed to see that."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

import muse

WEB = Path(__file__).resolve().parents[2] / "web"
TEMPLATES = Path(muse.__file__).parent / "view" / "templates"
BUNDLES = sorted(TEMPLATES.glob("*.js"))


def fingerprint(names: list[str]) -> str:
    """As web/build.mjs counts it."""
    found = hashlib.sha256()
    for name in names:
        data = (WEB / name).read_bytes()
        found.update(f"{name}\0{len(data)}\0".encode() + data)
    return found.hexdigest()


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_the_bundle_is_current(bundle: Path) -> None:
    made = re.match(r"/\* made by web/build\.mjs from ([0-9a-f]{64}) ([^*]+) \*/\n", bundle.read_text())
    assert made is not None, "run `npm ci && npm run build` in web/"
    names = made[2].split()
    assert {"build.mjs", "package-lock.json"} < set(names) and any(name.startswith("src/") for name in names)
    assert made[1] == fingerprint(names), "stale: run `npm ci && npm run build` in web/"


def test_every_source_is_in_a_bundle() -> None:
    """What no bundle was made from is dead, or was forgotten."""
    used = set(" ".join(bundle.read_text().partition("\n")[0] for bundle in BUNDLES).split())
    sources = {f"src/{each.name}" for each in (WEB / "src").iterdir() if not each.name.endswith(".d.ts")}
    assert sources <= used


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_nothing_in_the_bundle_ends_its_script_or_reaches_a_network(bundle: Path) -> None:
    text = bundle.read_text()
    assert "</script" not in text and "<!--" not in text
    assert {found.split("/")[2] for found in re.findall(r"https?://[^\s\"'`]+", text)} <= {"www.w3.org"}, "namespaces"


def test_what_is_not_ours_has_its_licence_in_the_package() -> None:
    bundled = json.loads((WEB / "package.json").read_text())["dependencies"]
    told = (TEMPLATES / "THIRD-PARTY.txt").read_text()
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    for name in bundled:
        version, licence = (locked[f"node_modules/{name}"][key] for key in ("version", "license"))
        assert f"{name} {version} ({licence})" in told
    assert told.count("Permission is hereby granted") + told.count("Apache License") >= len(bundled)
