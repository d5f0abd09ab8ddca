"""The quick look for other packages' plugins: it may only ever save the long one, never change its answer."""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import entry_points

import pytest

from muse.plugins import registry


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """`installed(text)`: a package on `sys.path` whose entry_points.txt is this text."""

    def make(text):
        info = tmp_path / "site" / "other-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        registry._entry_points.cache_clear()

    yield make
    registry._entry_points.cache_clear()


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("[console_scripts]\nx = y:z\n", False),
        ("[muse.plugins]\nfiles = muse.plugins.files:FilesPlugin\n\n[console_scripts]\nother = a:b\n", False),
        ("[console_scripts]\nx = y:z\n\n[muse.plugins]\nknitting = knit:Plugin\n", True),
        ("[muse.plugins]\n# a comment\nfiles = somebody.else:Files\n", True),
    ],
)
def test_another_package_is_seen(installed, text, others):
    installed(text)
    assert registry._others_installed() is others
    asked = {point.name for point in entry_points(group=registry.GROUP)}
    assert set(registry._entry_points()) == (asked if others else set())


def test_what_cannot_be_looked_into_is_asked_properly(tmp_path, monkeypatch):
    zipped = tmp_path / "plugins.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("x.py", "")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nowhere")])
    assert not registry._others_installed()
    monkeypatch.setattr(sys, "path", [str(zipped)])
    assert registry._others_installed()
