"""What an agent can ask over MCP, as one table: name, what it does, its arguments, and the function that answers.

Every function takes the repository and checked arguments and gives plain JSON; MuseError is one line for the agent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from muse.core.errors import MuseError, UsageError
from muse.domain import PluginFor
from muse.engine.elements import find, full_address, full_path, of_file, read_file
from muse.engine.resolve import resolve as settle
from muse.engine.session import claims
from muse.engine.session import commit as session
from muse.engine.session.intake import Intake
from muse.engine.session.live_view import LiveView
from muse.store.repository import Repository

_MOST = 2000
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


class Tool(NamedTuple):
    """One row: `arguments` are name -> (JSON type, what it says), the first `needed` of them required."""

    name: str
    words: str
    arguments: dict[str, tuple[str, str]]
    needed: int
    answer: Callable[..., Any]


class ToolSet:
    """The tools over one repository. Pipes into sessions stay open between calls."""

    def __init__(self, repo: Repository, plugin_for: PluginFor, domain: str, actor: str) -> None:
        self.repo = repo
        self.plugin_for = plugin_for
        self.domain = domain
        self.actor = actor
        self._intakes: dict[str, Intake] = {}

    # Looking -----------------------------------------------------------------------------------------------------

    def elements(self, path: str, session: str = "", kind: str = "", offset: int = 0) -> Any:
        """What in a file can be named, a page at a time."""
        found = [row for row in self._elements(path, session) if not kind or row.kind == kind]
        page = found[offset : offset + _MOST] if offset >= 0 else []
        rows = [{"address": row.address, "kind": row.kind, "summary": row.summary} for row in page]
        more = offset + len(page) if page and offset + len(page) < len(found) else None
        return {"elements": rows, "total": len(found), "next_offset": more}

    def read(self, address: str, session: str = "") -> Any:
        """A thing's content, or a file's."""
        path, inside, _ = address.partition("::")
        if not inside:
            data = self._data(path, session)
            try:
                return {"address": path, "content": data.decode()}
            except UnicodeDecodeError:
                raise MuseError(f"{path} is no text", hint="list_elements tells what in it can be read") from None
        found = find(self._elements(path, session), full_path(self.repo, "", path) + address[len(path) :])
        if found is None:
            raise MuseError(f"there is no {address:.200}", hint="list_elements")
        return found.to_dict()

    def _elements(self, path: str, session: str) -> Any:
        path = full_path(self.repo, "", path)
        return of_file(self.repo, path, self._data(path, session), self.plugin_for)

    def _data(self, path: str, name: str) -> bytes:
        path = full_path(self.repo, "", path)
        if not name:
            return read_file(self.repo, path, None)
        data = LiveView(self.repo, session.existing(self.repo, name), self.plugin_for).data(path)
        if data is None:
            raise MuseError(f"there is no {path:.200} in session {name:.80}")
        return data

    # Sessions ----------------------------------------------------------------------------------------------------

    def sessions(self) -> Any:
        """The sessions known here."""
        return {"sessions": session.names(self.repo)}

    def start(self, session_name: str) -> Any:
        """Begin a session, or join it."""
        if not session_name.strip():
            raise UsageError("a session needs a name")
        session.start(self.repo, session_name)
        return {"session": session_name}

    def append(self, session_name: str, ops: list[Any], actor: str = "") -> Any:
        """Append ops; one answer each, in order."""
        intake = self._intakes.get(session_name)
        if intake is None:
            log = session.known(self.repo, session_name)
            intake = self._intakes[session_name] = Intake(self.repo, log, self.actor, "written", self.plugin_for)
        intake.actor = actor or self.actor
        lines = [op if isinstance(op, dict) and isinstance(op.get("op"), dict) else {"op": op} for op in ops]
        return {"answers": [intake.one(line) for line in lines]}

    def status(self, session_name: str) -> Any:
        """What of a session is not committed, waits, or is damaged."""
        found: Any = session.status(self.repo, session.existing(self.repo, session_name))
        return found

    def commit(self, session_name: str, message: str = "") -> Any:
        """Commit a session."""
        log = session.existing(self.repo, session_name)
        self.repo.expect_writing()
        text = message or f"session {session_name}"
        done = session.commit(self.repo, log, self.plugin_for, message=text, domain=self.domain)
        if done.code:
            raise MuseError("git refused the commit; a hook, or its configuration, says why on stderr")
        return {
            "commit": done.commit,
            "ops": done.ops,
            "changed": done.changed,
            "told": done.overridden,
            "waiting": done.waiting,
        }

    # Conflicts and claims ----------------------------------------------------------------------------------------

    def conflicts(self) -> Any:
        """What is left to settle, with the choices."""
        rows = []
        for item in settle.unmerged(self.repo):
            for record in settle.describe(self.repo, item, self.plugin_for):
                choices = settle.CHOICES if record.takes_both else settle.SIDES
                rows.append({**record.to_dict(), "path": item.path, "choices": [*choices]})
        return {"conflicts": rows, "next": settle.next_step(self.repo)}

    def resolve(self, path: str, side: str = "", picks: dict[str, Any] | None = None) -> Any:
        """Settle conflicts of a file."""
        path = full_path(self.repo, "", path)
        for choice in [*([side] if side else []), *(picks or {}).values()]:
            if choice not in settle.CHOICES:
                raise UsageError(f"{choice!r:.80} is no choice; {', '.join(settle.CHOICES)}")
        item = next((item for item in settle.unmerged(self.repo) if item.path == path), None)
        if item is None:
            raise MuseError(f"{path:.200}: no conflict here")
        chosen: Any = side or None
        merged = settle.settle(self.repo, item, self.plugin_for, side=chosen, picks=picks or {})
        return {"path": path, "left": [record.address for record in merged.conflicts]}

    def claim(self, addresses: list[Any], seconds: int = 3600, purpose: str = "", actor: str = "") -> Any:
        """Claim addresses."""
        if not all(isinstance(address, str) for address in addresses):
            raise UsageError("addresses are texts")
        named = [full_address(self.repo, "", address) for address in addresses]
        return claims.claim(self.repo, actor or self.actor, named, seconds=seconds, purpose=purpose)

    def release(self, names: list[Any], actor: str = "") -> Any:
        """End claims."""
        return {"released": claims.release(self.repo, actor or self.actor, list(map(str, names)))}

    def editing(self) -> Any:
        """Who has claimed what, and who edited what since the last commit."""
        from muse.core.op_log import OpLog, list_sessions

        rows = [row for name in list_sessions(self.repo.root) for row in claims.editing(OpLog(self.repo.root, name))]
        return {"claims": claims.active(self.repo), "editing": rows}


_PATH = ("string", "a file, from the top of the repository")
_SESSION = ("string", "the session's name")
_AS = ("string", "who does it; the server's own actor when left out")

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "list_elements",
            "List the symbols, keys, notes and events of a file under the addresses that ops use.",
            {
                "path": _PATH,
                "session": ("string", "as this session has it; left out: the file on disk"),
                "kind": ("string", "only of this kind: function, key, note, cc_volume, ..."),
                "offset": ("integer", "where to go on: next_offset of the answer before"),
            },
            1,
            ToolSet.elements,
        ),
        Tool(
            "read",
            "Read a file, or one symbol, key or note of it (path::name), in the form an op brings or expects.",
            {"address": ("string", "path, or path::name"), "session": ("string", "as this session has it")},
            1,
            ToolSet.read,
        ),
        Tool("list_sessions", "List the live sessions.", {}, 0, ToolSet.sessions),
        Tool(
            "start_session",
            "Begin a session at the current commit, or join it.",
            {"session": _SESSION},
            1,
            ToolSet.start,
        ),
        Tool(
            "append_ops",
            "Append edits to a session: {op: insert|replace|delete|rename, address, content?, to?}, each with expect? "
            "(the content or digest you saw; null: nothing). One answer per op: ack, or error with a code.",
            {"session": _SESSION, "ops": ("array", "the ops, in order"), "actor": _AS},
            2,
            ToolSet.append,
        ),
        Tool(
            "session_status",
            "What of a session is not committed, waits or is damaged.",
            {"session": _SESSION},
            1,
            ToolSet.status,
        ),
        Tool(
            "commit_session",
            "Commit what the ops of a session make of the last commit.",
            {"session": _SESSION, "message": ("string", "the commit's message")},
            1,
            ToolSet.commit,
        ),
        Tool("list_conflicts", "List what a merge left to settle, with the choices of each.", {}, 0, ToolSet.conflicts),
        Tool(
            "resolve",
            "Settle conflicts of a file: one side for all that is left, or picks by address.",
            {
                "path": _PATH,
                "side": ("string", "ours, theirs, base, both or both-theirs-first"),
                "picks": ("object", "address -> side"),
            },
            1,
            ToolSet.resolve,
        ),
        Tool(
            "claim",
            "Say that you are about to edit addresses; claims of others that meet it are told. Advice, never a lock.",
            {
                "addresses": ("array", "paths or path::name"),
                "seconds": ("integer", "how long, at most 604800; 3600 when left out"),
                "purpose": ("string", "what for"),
                "actor": _AS,
            },
            1,
            ToolSet.claim,
        ),
        Tool(
            "release",
            "End claims by id or address.",
            {"names": ("array", "ids or addresses"), "actor": _AS},
            1,
            ToolSet.release,
        ),
        Tool("who_is_editing", "Active claims, and who edited what since the last commit.", {}, 0, ToolSet.editing),
    )
}


def schema_of(tool: Tool) -> dict[str, Any]:
    """The JSON schema of a tool's arguments."""
    fields = {name: {"type": kind, "description": words} for name, (kind, words) in tool.arguments.items()}
    needed = list(tool.arguments)[: tool.needed]
    return {"type": "object", "properties": fields, "required": needed, "additionalProperties": False}


def call(tool_set: ToolSet, name: str, arguments: Any) -> Any:
    """The answer of a tool; UsageError for arguments it does not take."""
    tool = TOOLS.get(name)
    if tool is None:
        raise UsageError(f"there is no tool {name!r:.80}; there are {', '.join(TOOLS)}")
    given = {} if arguments is None else arguments
    if not isinstance(given, dict):
        raise UsageError(f"the arguments of {name} are an object")
    for key, value in given.items():
        if key not in tool.arguments:
            raise UsageError(f"{name} takes no {key!r:.80}; it takes {', '.join(tool.arguments) or 'nothing'}")
        kind = tool.arguments[key][0]
        if not isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, bool)):
            raise UsageError(f"{key} of {name} is of type {kind}")
    missing = [key for key in list(tool.arguments)[: tool.needed] if key not in given]
    if missing:
        raise UsageError(f"{name} needs {', '.join(missing)}")
    rename = name not in ("list_elements", "read")
    words = {("session_name" if rename and key == "session" else key): value for key, value in given.items()}
    return tool.answer(tool_set, **words)
