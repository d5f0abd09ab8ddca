"""What --json prints is what docs/schemas.json says: real outputs of every verb, checked with a real validator."""

from __future__ import annotations

import base64
import io
import json
import runpy
import sys
from pathlib import Path

import click
import jsonschema
import pytest

from muse.cli.main import cli
from muse.cli.verbs import VERBS
from muse.core.types import blob_digest

ROOT = Path(__file__).resolve().parents[2]
PAGE = json.loads((ROOT / "docs" / "schemas.json").read_text())
ONE_A_LINE = {"session append", "session follow", "session show"}
TEXT = b"live\n"
OP = {
    "op": "insert",
    "address": "live.txt",
    "position": None,
    "content_id": blob_digest(TEXT),
    "content_summary": "",
    "content_b64": base64.b64encode(TEXT).decode(),
}


def valid(name, value):
    """The value, which is what the schema of a verb says."""
    jsonschema.validate(
        value, {"$defs": PAGE["$defs"], **PAGE["properties"][name]}, cls=jsonschema.Draft202012Validator
    )
    return value


def test_the_schemas_are_current_and_are_schemas():
    assert (ROOT / "docs/schemas.json").read_text() == runpy.run_path(str(ROOT / "docs/make_schemas.py"))["reference"]()
    for schema in [*PAGE["properties"].values(), *PAGE["$defs"].values()]:
        jsonschema.Draft202012Validator.check_schema({"$defs": PAGE["$defs"], **schema})


def test_every_verb_that_prints_json_has_a_schema():
    known = set(PAGE["properties"])
    for verb in VERBS:
        command = cli.get_command(click.Context(cli), verb)
        subs = {verb: command}
        if isinstance(command, click.Group):
            subs = {f"{verb} {name}": sub for name, sub in command.commands.items()}
        for name, sub in subs.items():
            prints = any("--json" in param.opts for param in sub.params) or "--json" in (sub.help or "")
            documented = any(key == name or key.startswith(f"{name} --") for key in known)
            assert documented == (prints or name in ONE_A_LINE), name


def test_a_value_that_is_not_as_promised_is_found():
    with pytest.raises(jsonschema.ValidationError):
        valid("branch", [{"name": "main"}])
    with pytest.raises(jsonschema.ValidationError):
        valid("gc", {"absorbed": [], "apart": [], "deleted": [], "more": 1})


@pytest.fixture
def asked(muse, forked):
    """`asked(typed, code=0)`: the checked value that a verb prints in `forked`."""

    def ask(typed, code=0, name=None):
        found, out, err = muse(forked, *typed.split())
        assert found == code, (typed, out, err)
        name = name or typed.partition(" --json")[0]
        if name in ONE_A_LINE:
            return [valid(name, json.loads(line)) for line in out.splitlines()]
        return valid(name, json.loads(out))

    return ask


def test_reading(asked, forked, git):
    (forked / "d" / "t.txt").write_text("2\n")
    (forked / "new.txt").write_text("2\n")
    git(forked, "mv", "p.py", "q.py")
    kinds = {row["kind"] for row in asked("status --json")["paths"]}
    assert kinds == {"changed", "renamed", "untracked"}
    assert len(asked("diff --json HEAD")["paths"]) == 2
    git(forked, "reset", "-q", "--hard")
    assert [row["message"] for row in asked("log --json")] == ["ours", "first"]
    assert [row["address"] for row in asked("log --json --symbol p.py::a", name="log --symbol")] == ["p.py::a"] * 2
    assert asked("show --json main feature")[1]["delta"]["paths"][0]["path"] == "p.py"
    assert len(asked("blame --json p.py")) == 6
    assert asked("blame --json --notes song.mid", name="blame --notes")[0]["name"] == "D5"
    assert asked("blame --json --bars song.mid", name="blame --bars")[0]["bar"] == 1
    assert asked("grep-notes --json --pitch D5")[0]["path"] == "song.mid"
    assert [row["kind"] for row in asked("symbols --json p.py")][-1] == "text"
    assert asked("notes --json --kind note song.mid")[0]["content"]["pitch"] == 74
    git(forked, "tag", "-a", "-m", "x", "v1")
    assert [row["name"] for row in asked("branch --json")] == ["feature", "main"]
    assert asked("tag --json")[0]["commit"] == git(forked, "rev-parse", "HEAD")
    for typed in ("languages --json", "domains --json"):
        assert len(asked(typed)) > 3
    assert asked("doctor --json", code=1)[0]["check"] == "git"
    assert asked("verify --json") == []
    git(forked, "update-ref", "refs/muse/log/" + "a" * 20, "HEAD")
    assert asked("verify --json --no-fsck", code=1)


@pytest.mark.needs_git(2, 38, "git merge-tree --write-tree")
def test_merging(asked, forked, git, muse):
    assert asked("conflicts --json") == [] == asked("conflicts --json --joined", name="conflicts --joined")
    (conflict,) = asked("merge --dry-run --json feature", code=1, name="merge --dry-run")["conflicts"]
    assert conflict["path"] == "p.py"
    assert asked("merge-tree --json main feature", code=1)["paths"][0]["conflicts"][0]["address"] == "a"
    assert muse(forked, "merge", "feature")[0] == 1
    assert asked("status --json")["state"] == "merge"
    (row,) = asked("conflicts --json")
    assert set(row["stages"]) == {"base", "ours", "theirs"}
    git(forked, "checkout", "-q", "--conflict=diff3", "--", "p.py")
    assert asked("solve --json --dry-run p.py", code=1)["conflicts_left"] == 1
    muse(forked, "resolve", "--theirs", "p.py")
    assert asked("review --json")["in_progress"] is True
    assert muse(forked, "merge", "--continue")[0] == 0
    assert asked("review --json")["paths"][0]["git"] == "conflict"


def test_living(asked, forked, git, tmp_path, monkeypatch):
    def fed(*lines):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper((feed(tmp_path, lines)).open("rb")))

    assert asked("session start --json jam", name="session start")["session"] == "jam"
    fed(json.dumps({"op": OP}), "nonsense")
    acked, refused = asked("session append jam", code=1, name="session append")
    assert acked["sequence"] == 1 and "not JSON" in refused["error"]
    sys.stdin.close()
    assert asked("session follow --all -n 1 jam", name="session follow")[0]["op_id"] == acked["ack"]
    assert asked("session show --json jam")[0]["domain_op"]["address"] == "live.txt"
    assert asked("session status --json jam")["uncommitted"] == 1
    assert asked("session commit --json -m x jam")["changed"] == ["live.txt"]
    undone = asked("session undo --json --last 1 jam")
    assert undone["undone"] == [acked["ack"]] and len(undone["ops"]) == 1 and undone["left"] == []
    assert asked("session expunge --json --path live.txt jam")["ops"]
    assert asked("session list --json") == ["jam"]
    assert asked("claim --json --as ada --for repair p.py")["overlaps"] == []
    assert asked("claim --json --as bob p.py::a")["overlaps"][0]["by"] == "ada"
    assert [row["by"] for row in asked("claims --json")["claims"]] == ["ada", "bob"]
    assert len(asked("release --json --as ada p.py")) == 1
    assert asked("gc --json")["deleted"] == []
    git(tmp_path, "init", "-q", "--bare", "server.git")
    git(forked, "remote", "add", "origin", str(tmp_path / "server.git"))
    git(forked, "push", "-q", "-u", "origin", "main")
    assert asked("sync --json")["pushed"] > 0


def feed(folder, lines):
    path = folder / "feed"
    path.write_text("\n".join(lines) + "\n")
    return path
