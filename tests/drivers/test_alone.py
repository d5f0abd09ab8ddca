"""A driver loads the plugin of its file and no other one, and looks for packages only where one may be needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import muse
from muse.core.patterns import patterns_of
from muse.plugins import registry

ROOT = str(Path(muse.__file__).parent.parent)
ASKED = """
import sys
sys.path.append(sys.argv[1])
from muse.drivers import job, structured
given = job.parse(["O", "A", "B", "-p", sys.argv[2]])
given.config = {}
given.base, given.ours, given.theirs = b"a", b"b", b"c"
structured.merge(given, 60)
print(*sorted(name.split(".")[2] for name in sys.modules if name.startswith("muse.plugins.") and name.count(".") == 3
              and name.endswith(".plugin")), "site" in sys.modules)
"""


@pytest.mark.parametrize("name", registry._ENDS)
def test_ends_of_names_are_the_patterns_of_the_plugin(name: str) -> None:
    plugin = registry.resolve_plugin_by_domain(name)
    assert tuple(f"*{end}" for end in registry._ENDS[name]) == patterns_of(plugin)
    for path in ("a/Song.MID", "x.musicxml", "mid", ".mid", "a.mid.bak", "b.als", "c.rpp/x", "d.RPP"):
        assert registry._claims(name, path) == plugin.claims(path), path  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "loaded"),
    [("a.musicxml", "score False"), ("A.MID", "midi False"), ("a.rpp", "daw False"), ("a.py", "code True")],
)
def test_a_driver_loads_one_plugin(path: str, loaded: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-EPSs", "-c", ASKED, ROOT, path], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == loaded, done.stderr


def test_a_domain_of_another_package_is_looked_for() -> None:
    """It is asked first where a repository names it, and may claim what a built-in one does."""
    assert registry.is_alone("a.mid") and registry.is_alone("a.mid", first="files")
    assert registry.is_alone("a.mid", first="music") and registry.is_alone("a.mid", first="score")
    assert not registry.is_alone("a.mid", first="bells") and not registry.is_alone("a.mid", first="code")
    assert not registry.is_alone("a.bell") and not registry.is_alone("a.py") and not registry.is_alone("a.xml")
