"""`muse mcp` by the SDK's own client over stdio, and by hand with requests no client would send."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from muse.cli.main import main
from tests.conftest import MakeRepo, RunGit
from tests.session.kit import PIECE

pytest.importorskip("mcp", reason="the extra [mcp] is not installed: pip install -e '.[mcp]'")
SERVER = [sys.executable, "-m", "muse.cli", "mcp"]
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def root(make_repo: MakeRepo, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_repo(files={"a.py": "def f():\n    return 1\n", "c.json": '{"k": 1}\n', "p.mid": PIECE.read_bytes()})
    monkeypatch.chdir(made)
    return made


def talk(root: Path, story: Callable[[Ask], Awaitable[None]]) -> None:
    """Run a story with a client; `ask` gives a tool's JSON, or its error as text."""
    import anyio
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters

    async def run() -> None:
        server = StdioServerParameters(command=SERVER[0], args=SERVER[1:], cwd=root)
        async with Client(server) as client:

            async def ask(name: str, **arguments: Any) -> Any:
                result: Any = await client.call_tool(name, arguments)
                (content,) = result.content
                if result.is_error:
                    assert "\n" not in content.text and "Traceback" not in content.text
                    return content.text
                assert result.structured_content == json.loads(content.text)
                return result.structured_content

            listed = await client.list_tools()
            assert len(listed.tools) == 12 and all(tool.description for tool in listed.tools)
            await story(ask)

    anyio.run(run)


def test_an_agent_edits_five_kinds_of_things_and_commits(root: Path, git: RunGit) -> None:
    async def story(ask: Ask) -> None:
        assert await ask("start_session", session="jam") == {"session": "jam"}
        assert await ask("list_sessions") == {"sessions": ["jam"]}
        rows = (await ask("list_elements", path="p.mid", kind="note"))["elements"]
        note = rows[0]["address"]
        assert (await ask("read", address=note))["content"]["velocity"] == 88
        ops = [
            {"op": {"op": "insert", "address": "new.txt", "content": "new\n"}, "expect": None},
            {
                "op": "replace",
                "address": "a.py::f",
                "content": "def f():\n    return 2",
                "expect": "def f():\n    return 1",
            },
            {"op": "insert", "address": "c.json::n", "content": [1]},
            {"op": "replace", "address": f"{note}/velocity", "content": 9},
            {"op": "insert", "address": "p.mid::track:1/cc_volume:2:1:0:0:7", "content": [[1440, "b00740"]]},
            {"op": "replace", "address": "a.py::g", "content": "x"},
        ]
        answers = (await ask("append_ops", session="jam", ops=ops, actor="ada"))["answers"]
        assert ["ack" in answer for answer in answers] == [True] * 5 + [False] and answers[5]["code"] == "absent"
        assert "return 2" in (await ask("read", address="a.py::f", session="jam"))["content"]
        assert (await ask("read", address="a.py"))["content"].endswith("return 1\n"), "the file on disk"
        assert (await ask("session_status", session="jam"))["uncommitted"] == 5
        editing = (await ask("who_is_editing"))["editing"]
        assert {(row["actor"], row["path"]) for row in editing} >= {("ada", "a.py"), ("ada", "p.mid")}
        done = await ask("commit_session", session="jam", message="by an agent")
        assert done["changed"] == ["a.py", "c.json", "new.txt", "p.mid"] and done["told"] == []

    talk(root, story)
    assert git(root, "log", "-1", "--format=%s") == "by an agent" and git(root, "status", "--porcelain") == ""
    assert json.loads((root / "c.json").read_text()) == {"k": 1, "n": [1]}
    assert (root / "a.py").read_text() == "def f():\n    return 2\n"


def test_conflicts_are_listed_with_their_choices_and_settled(root: Path, git: RunGit) -> None:
    git(root, "checkout", "-qb", "other")
    (root / "a.py").write_text("def f():\n    return 'theirs'\n")
    git(root, "commit", "-qam", "theirs")
    git(root, "checkout", "-q", "main")
    (root / "a.py").write_text("def f():\n    return 'ours'\n")
    git(root, "commit", "-qam", "ours")
    assert main(["merge", "other"]) == 1

    async def story(ask: Ask) -> None:
        found = await ask("list_conflicts")
        (row,) = found["conflicts"]
        assert (
            row["path"] == "a.py"
            and set(row["choices"]) == {"ours", "theirs", "base", "both", "both-theirs-first", "by-word"}
            and row["address"]
        )
        assert "is no choice" in await ask("resolve", path="a.py", side="mine")
        assert "no conflict here" in await ask("resolve", path="c.json", side="ours")
        assert await ask("resolve", path="a.py", picks={row["address"]: "theirs"}) == {"path": "a.py", "left": []}
        assert (await ask("list_conflicts"))["conflicts"] == []

    talk(root, story)
    assert "theirs" in (root / "a.py").read_text()


def test_claims(root: Path) -> None:
    async def story(ask: Ask) -> None:
        mine = await ask("claim", addresses=["a.py"], purpose="x", actor="ada")
        assert (await ask("claim", addresses=["a.py::f"], actor="bob"))["overlaps"][0]["by"] == "ada"
        assert "7 days" in await ask("claim", addresses=["a.py"], seconds=10**9)
        assert "outside" in await ask("claim", addresses=["../../etc/passwd"])
        assert [row["by"] for row in (await ask("who_is_editing"))["claims"]] == ["ada", "bob"]
        assert await ask("release", names=[mine["id"]], actor="ada") == {"released": [mine["id"]]}
        assert "no claim" in await ask("release", names=[mine["id"]], actor="ada")

    talk(root, story)


def test_what_cannot_be_is_one_clear_line(root: Path) -> None:
    async def story(ask: Ask) -> None:
        for arguments, said in (
            ({"path": "../../etc/passwd"}, "outside of the repository"),
            ({"path": "/etc/passwd"}, "outside of the repository"),
            ({"path": ".git/config"}, "refusing the path"),
            ({"path": "none.py"}, "there is no file"),
            ({"path": 3}, "is of type string"),
            ({}, "needs path"),
            ({"path": "a.py", "colour": 1}, "takes no 'colour'"),
            ({"path": "a.py", "offset": True}, "is of type integer"),
            ({"path": "a.py", "session": "none"}, "there is no session"),
            ({"path": "a\0b"}, ""),
        ):
            answer = await ask("list_elements", **arguments)
            assert isinstance(answer, str) and said in answer, (arguments, answer)
        assert "there is no tool" in await ask("nonsense")
        assert "there is no session" in await ask("append_ops", session="none", ops=[])
        assert await ask("start_session", session="jam") == {"session": "jam"}
        ops: list[Any] = [3, None, {}, {"op": 1}, {"op": "insert", "address": "../x", "content": "x"}, [[]]]
        answers = (await ask("append_ops", session="jam", ops=ops))["answers"]
        assert [answer["code"] for answer in answers] == ["malformed"] * 4 + ["place", "malformed"]
        assert (await ask("list_elements", path="a.py"))["total"] == 2, "the server goes on"

    talk(root, story)


DEEP: list[Any] = []
for _ in range(300):
    DEEP = [DEEP]
ODD: dict[str, dict[str, Any]] = {
    "half": {"id": "half", "params": {"name": "read", "arguments": {"address": "\ud800"}}},
    "half-name": {"id": "half-name", "params": {"name": "\ud800", "arguments": {}}},
    "endless": {"id": "endless", "params": {"name": "claim", "arguments": {"addresses": [float("inf")]}}},
    "method": {"id": "method", "method": 3},
    "params": {"id": "params", "params": [1]},
    "no-params": {"id": "no-params", "params": None},
    "no-method": {"jsonrpc": "2.0", "id": "no-method", "method": None},
    "deep": {"id": "deep", "params": {"name": "read", "arguments": {"address": DEEP}}},
    "deep-op": {"id": "deep-op", "params": {"name": "append_ops", "arguments": {"session": "none", "ops": [DEEP]}}},
    "arguments": {"id": "arguments", "params": {"name": "read", "arguments": [1]}},
}


def test_lines_that_are_no_requests_are_answered_and_the_server_goes_on(root: Path) -> None:
    first = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    call = {"name": "list_elements", "arguments": {"path": "a.py"}}
    early = {"jsonrpc": "2.0", "id": "early", "method": "tools/call", "params": call}
    lines = [
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b'{"jsonrpc": "1.0"}',
        b'{"jsonrpc": "2.0", "id": 7, "method": 3}',
        b"[" * 100_000,
        b'{"jsonrpc": "2.0", "id": 1, "method": "x", "params": "' + b"x" * (9 << 20) + b'"}',
        json.dumps(early).encode(),
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": first}).encode(),
        b'{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        json.dumps({**early, "id": "late"}).encode(),
        b'{"jsonrpc": "2.0", "id": "odd", "method": "tools/call", "params": {"name": 3}}',
        b'{"jsonrpc": "2.0", "id": "none", "method": "no/such"}',
        *(json.dumps({**early, **odd}).encode() for odd in ODD.values()),
    ]
    process = subprocess.Popen(SERVER, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    answers: list[Any] = []
    process.stdin.write(b"\n".join(lines) + b"\n")
    process.stdin.flush()
    while not {"early", "late", "odd", "none", *ODD} <= {answer.get("id") for answer in answers}:
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        answers.append(json.loads(line))
    process.stdin.close()
    assert process.wait(30) == 0
    said = process.stderr.read().decode()
    process.stdout.close(), process.stderr.close()
    assert "Traceback" not in said
    unnamed = [answer["error"]["message"] for answer in answers if answer.get("id") is None]
    assert any("not JSON" in why for why in unnamed) and any("is over" in why for why in unnamed)
    assert len(unnamed) >= 6 and all("\n" not in why for why in unnamed)
    by_id = {answer["id"]: answer for answer in answers if answer.get("id") is not None}
    assert by_id["late"]["result"]["structuredContent"]["total"] == 2
    assert "error" in by_id["odd"] and "error" in by_id["none"]
    assert "error" in by_id["early"], "asked before it said hello"
    for name in ODD:
        why = by_id[name].get("error", {}).get("message") or by_id[name]["result"]["content"][0]["text"]
        assert why and "\n" not in why and "internal" not in why, (name, why)


def test_without_the_package_it_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    for name in [name for name in sys.modules if name.startswith(("mcp.", "muse.cli.mcp"))]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["mcp"]) == 128
    assert 'pip install "muse-on-git[mcp]"' in capfd.readouterr().err
