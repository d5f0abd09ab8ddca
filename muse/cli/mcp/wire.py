"""MCP over standard input and output: the SDK speaks the protocol, here its lines are bounded and its answers written.

Whatever git or a hook prints meanwhile goes to stderr. A line that is too long or no JSON is answered in one line, and
the next one is read.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from muse._version import __version__
from muse.cli.mcp.tools import TOOLS, ToolSet, call, schema_of
from muse.core.errors import MuseError, hint_for

LONGEST = 8 << 20
DEEPEST = 100
"""Of a request; the SDK's parser gives up near 200, without an answer."""
_CHUNK = 1 << 16


class Out:
    """The wire out: one write per line, by whoever has it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._mutex = threading.Lock()

    async def write(self, text: str) -> None:
        """Write a whole line."""
        import anyio.to_thread

        await anyio.to_thread.run_sync(self.now, text)

    def now(self, text: str) -> None:
        """The same, for who may wait."""
        view = memoryview(text.encode("utf-8", "backslashreplace"))
        with self._mutex:
            while view:
                view = view[os.write(self._fd, view) :]

    async def flush(self) -> None:
        """Nothing is held back."""


class Lines:
    """The wire in: lines of JSON objects; what is none is answered here and never gets to the protocol."""

    def __init__(self, fd: int, out: Out) -> None:
        self._parts = _split(fd)
        self._out = out

    async def __aiter__(self) -> AsyncIterator[str]:
        import anyio.to_thread

        while (line := await anyio.to_thread.run_sync(next, self._parts, b"", abandon_on_cancel=True)) != b"":
            text, error = _request(line)
            if error is not None:
                await self._out.write(json.dumps({"jsonrpc": "2.0", **error}) + "\n")
            elif text:
                yield text


def _request(line: bytes | None) -> tuple[str, dict[str, Any] | None]:
    """A line as it is handed on, "" for an empty one; or the error it is answered with."""
    if line is None:
        return "", _error(None, -32700, f"a request is over {LONGEST} bytes")
    if not line.strip():
        return "", None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return "", _error(None, -32700, f"not JSON: {str(error) or 'nested too deep'}")
    ident = value.get("id") if isinstance(value, dict) else None
    ident = ident if isinstance(ident, (str, int)) and not isinstance(ident, bool) else None
    if why := _wrong(value):
        return "", _error(ident, -32600, why)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        return "", _error(ident, -32600, "a text in it has half a character (a lone surrogate)")
    except ValueError:
        return "", _error(ident, -32600, "a number in it is out of range")
    return text, None


def _wrong(value: Any) -> str:
    """Why a value is no request, "" when it is one: what the SDK would leave without an answer."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return 'a request is one object of JSON-RPC 2.0, {"jsonrpc": "2.0", ...}'
    if "id" in value and (isinstance(value["id"], bool) or not isinstance(value["id"], (str, int))):
        return "the id of a request is a text or a whole number"
    if not isinstance(value.get("method", ""), str) or not value.keys() & {"method", "result", "error"}:
        return "a request names its method"
    if not isinstance(value.get("params", {}), dict):
        return "params is an object"
    return f"it is nested more than {DEEPEST} deep" if _depth(value) > DEEPEST else ""


def _depth(value: Any) -> int:
    """How many objects and lists stand in each other, counted up to one more than is allowed."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        held = [each for each in level if isinstance(each, (dict, list))]
        level = [item for each in held for item in (each.values() if isinstance(each, dict) else each)]
        depth += bool(held)
    return depth


def _error(ident: Any, code: int, why: str) -> dict[str, Any]:
    return {"id": ident, "error": {"code": code, "message": why}}


def _split(fd: int) -> Iterator[bytes | None]:
    """Lines with their ends; None for one that is too long."""
    rest, skipping = b"", False
    while chunk := os.read(fd, _CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield None if skipping else line + b"\n"
            skipping = False
        if skipping or len(rest) > LONGEST:
            rest, skipping = b"", True
    if rest or skipping:
        yield None if skipping else rest


def _taken(fd: int, instead: int) -> int:
    """A private copy of a standard stream, which is `instead` for everybody else from now on."""
    own = os.dup(fd)
    os.dup2(instead, fd)
    return own


def server_of(tool_set: ToolSet) -> Any:
    """The SDK's server with our tools; calls are answered one after the other."""
    import anyio
    import anyio.to_thread
    import mcp_types as types
    from mcp.server.lowlevel import Server

    turn = anyio.Lock()

    async def list_tools(context: Any, params: Any) -> Any:
        rows = [
            types.Tool(name=each.name, description=each.words, input_schema=schema_of(each)) for each in TOOLS.values()
        ]
        return types.ListToolsResult(tools=rows)

    async def call_tool(context: Any, params: Any) -> Any:
        async with turn:
            return await anyio.to_thread.run_sync(answered, tool_set, params.name, params.arguments)

    words = "Live edits of music and code by name: list_elements, append_ops with expect, commit_session."
    return Server("muse", version=__version__, instructions=words, on_list_tools=list_tools, on_call_tool=call_tool)


def answered(tool_set: ToolSet, name: str, arguments: Any) -> Any:
    """The result of a call, an error as one line of it."""
    import mcp_types as types

    try:
        found = call(tool_set, name, arguments)
    except MuseError as error:
        return _failed(f"{error}{f'; {error.hint}' if error.hint else ''}")
    except OSError as error:
        return _failed(f"{error.strerror or error}{f'; {hint}' if (hint := hint_for(error.errno)) else ''}")
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end everybody's server
        return _failed(f"internal error: {type(error).__name__}: {error}")
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=json.dumps(found))], structured_content=found
    )


def _failed(why: str) -> Any:
    import mcp_types as types

    line = " ".join(why.split())[:1000]
    return types.CallToolResult(content=[types.TextContent(type="text", text=line)], is_error=True)


def serve(tool_set: ToolSet) -> None:
    """Serve until standard input ends."""
    import anyio
    from mcp.server.stdio import stdio_server

    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    wire_in, wire_out = _taken(0, nothing), _taken(1, 2)

    async def run() -> None:
        out = Out(wire_out)
        streams: Any = {"stdin": Lines(wire_in, out), "stdout": out}
        async with stdio_server(**streams) as (read, write):
            server = server_of(tool_set)
            await server.run(read, write, server.create_initialization_options())

    anyio.run(run)
