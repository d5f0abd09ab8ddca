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
            why = "" if line is not None else f"a request is over {LONGEST} bytes"
            try:
                value = json.loads(line) if line is not None and line.strip() else None
                if value is not None and not (isinstance(value, dict) and value.get("jsonrpc") == "2.0"):
                    why = 'a request is one object of JSON-RPC 2.0, {"jsonrpc": "2.0", ...}'
            except (ValueError, RecursionError) as error:
                value, why = None, f"not JSON: {str(error) or 'nested too deep'}"
            if why:
                code = -32600 if why.startswith("a request is one") else -32700
                answer = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": why}}
                await self._out.write(json.dumps(answer) + "\n")
            elif value is not None:
                yield json.dumps(value)


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
