"""The floors are true: the core reaches Git through one registered host, never by an import hidden in a string."""

import ast
import pathlib
import subprocess
import sys

import pytest

import muse
from muse.core import git_host
from muse.core.errors import MuseError

HOUSE = pathlib.Path(muse.__file__).parent


def _hidden_imports(path: pathlib.Path) -> list[str]:
    """Calls of import_module or __import__ whose argument names one of our own rooms."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            found += [ast.unparse(arg) for arg in node.args if "muse" in ast.unparse(arg)]
    return found


def test_nothing_below_the_registry_imports_our_rooms_by_a_string():
    floors = [HOUSE / name for name in ("core", "store", "engine", "domain.py", "results.py")]
    files = [file for floor in floors for file in ([floor] if floor.suffix else sorted(floor.rglob("*.py")))]
    assert len(files) > 80
    assert {str(file): _hidden_imports(file) for file in files if _hidden_imports(file)} == {}


def test_the_core_alone_finds_the_store_when_it_is_asked(make_repo):
    root = make_repo(files={"a.txt": "one\n"})
    code = (
        "import sys; from muse.core import content; from pathlib import Path;"
        "assert 'muse.store' not in sys.modules;"
        "print(content.current(Path(sys.argv[1])).get(sys.argv[2]).decode(), end='')"
    )
    digest = "sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"
    done = subprocess.run([sys.executable, "-c", code, str(root), digest], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("one\n", "")


def test_without_a_host_the_core_says_so(monkeypatch):
    monkeypatch.setattr(git_host, "_provider", None)
    with pytest.raises(MuseError, match="no Git host is provided"):
        git_host.host()
