"""Domains by name and by path; a broken one is reported, never fatal."""

from pathlib import Path

import pytest

from muse.core.errors import MuseCLIError
from muse.plugins import registry
from muse.plugins.files import FilesPlugin


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(registry.BUILT_IN, "broken", "muse.plugins.nowhere:Plugin")
    registry._load.cache_clear()
    yield
    registry._load.cache_clear()


def test_unknown_domain_names_the_known_ones() -> None:
    with pytest.raises(MuseCLIError, match="unknown domain 'nope'") as caught:
        registry.resolve_plugin_by_domain("nope")
    assert "files" in caught.value.hint


def test_a_broken_plugin_is_reported(broken: None) -> None:
    assert "broken" in registry.broken_plugins()
    assert "nowhere" in registry.broken_plugins()["broken"]
    assert registry.domain_for_path("notes.txt") == "files"


def test_the_repository_names_its_domain(tmp_path: Path) -> None:
    assert registry.read_domain(tmp_path) == "files"
    (tmp_path / ".muse").mkdir()
    (tmp_path / ".muse" / "config.toml").write_text('domain = "scaffold"\n')
    assert registry.read_domain(tmp_path) == "scaffold"
    (tmp_path / ".museattributes").write_text('[meta]\ndomain = "files"\n')
    assert registry.read_domain(tmp_path) == "files"
    assert registry.resolve_plugin(tmp_path) is registry.resolve_plugin_by_domain("files")


def test_a_schema_by_name() -> None:
    schema = registry.schema_for("files")
    assert schema is not None
    assert schema["domain"] == "files"
    assert registry.schema_for("nope") is None


def test_the_repositorys_own_domain_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(FilesPlugin):
        patterns = ("*.mid",)

    monkeypatch.setattr(registry, "_entry_points", lambda: {"mine": type("Point", (), {"load": lambda self: Mine})()})
    registry._load.cache_clear()
    assert registry.domain_for_path("a/b.MID", first="mine") == "mine"
    assert registry.domain_for_path("a/b.txt", first="mine") == "files"
    registry._load.cache_clear()
