"""A repository with Muse installed in it, and a plugin of the tests' own whose merge Git cannot make."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from muse.engine.setup import install as setup

# A domain for the tests: key=value lines. Both sides' lines are kept; a key with two values is a conflict.
PLUGIN = """
from muse.core import options
from muse.core.filedomain import FileDomain
from muse.core.schema import DomainSchema, SetSchema
from muse.domain import ConflictRecord, FileMerge

_SET = SetSchema(kind="set", element_type="line", identity="by_id")

class KeyPlugin(FileDomain):
    name = "keys"
    patterns = ("*.keys", "*.bkeys")

    def schema(self):
        return DomainSchema(domain="keys", description="key=value lines", dimensions=[], top_level=_SET,
                            merge_mode="three_way", schema_version="1")

    def merge_file(self, path, base, ours, theirs):
        was, mine, other = (dict(l.split("=", 1) for l in (s or b"").decode().strip("\\0").split("\\n") if "=" in l)
                            for s in (base, ours, theirs))
        picks = options.current().picks
        out, left = {}, []
        for key in sorted(was.keys() | mine.keys() | other.keys()):
            a, b, c = was.get(key), mine.get(key), other.get(key)
            value = b if b == c or a == c else c if a == b else None
            if b != c and a not in (b, c):
                pick = picks.get(key)
                value = {"ours": b, "theirs": c, "base": a}[pick or "ours"]
                if pick is None:
                    left.append(ConflictRecord(path=path, conflict_type="key", address=key, ours_summary=str(b),
                                               theirs_summary=str(c), base_summary=str(a),
                                               hint=f"muse resolve {path} --pick {key}=theirs"))
            if value is not None:
                out[key] = value
        text = "".join(f"{key}={value}\\n" for key, value in out.items()).encode()
        return FileMerge((b"\\0" if path.endswith(".bkeys") else b"") + text, left,
                         notes=[f"merged {len(out)} keys"] if not left else [])
"""


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_env: dict[str, str]) -> None:
    """The plugin above, installed: *.keys is text, *.bkeys binary."""
    site = tmp_path / "site"
    info = site / "keys_plugin-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keys-plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[muse.plugins]\nkeys = keys_plugin:KeyPlugin\n")
    (site / "keys_plugin.py").write_text(PLUGIN)
    monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}{os.pathsep}{site}")
    with open(git_env["GIT_CONFIG_GLOBAL"], "a", encoding="ascii") as config:  # drivers are started without PYTHONPATH
        config.write(f"[muse]\n\tpluginPath = {site}\n")


@pytest.fixture
def run(muse_on_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run(folder, *command, env={...})`: the finished process, whatever its exit code."""

    def call(where: Path, *command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=where,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            env={**os.environ, **(env or {})},
            check=False,
        )

    return call


@pytest.fixture
def installed(keys: None, make_repo: Callable[..., Path], run: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    """A repository with one commit of both kinds of file, after `muse install`."""
    root = make_repo("repo", {"a.keys": "m=1\n", "sub/b.bkeys": b"\0m=1\n"})
    done = run(root, "muse", "install")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def without_us(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """`without_us(root)`: Git's configuration is as it was, and our programs are gone from this machine."""

    def remove(root: Path) -> None:
        config = root / ".git/config"
        config.write_text(config.read_text().replace(setup.find_programs(), "/no such folder"))
        monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")

    return remove
