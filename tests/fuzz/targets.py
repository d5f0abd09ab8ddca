"""What is fed with bytes of anybody: each takes any bytes, refuses in its own words, or says the same twice.

`run` raises nothing on what is refused as it should be. Anything that comes out of it is a fault, as is a run that
takes more than `LONGEST` seconds of processor time for at most `SIZE` bytes.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, suppress
from pathlib import Path
from typing import Any, NamedTuple

from git_remote_muse import protocol, refs, url
from muse.cli.mcp import wire
from muse.cli.verbs import mergetool
from muse.core import crdts, gitattributes, ignore, markers, toml, xml_tree
from muse.core.attributes import load_attributes, parse_attributes, resolve_strategy, rules_of
from muse.core.errors import FormatError, MuseError
from muse.core.op_log import decoding, plain
from muse.core.op_log.checkpoints import checksum, compact, is_checkpoint
from muse.core.op_log.entries import check_line, intact, make_op_entry, salvage, seal
from muse.core.zip_members import ZipMembers
from muse.engine.remote import serve
from muse.plugins.daw import formats
from muse.plugins.midi.file import codec
from muse.plugins.score.plugin import read as read_score
from muse.store.meta import crdt_state, deltas
from muse.store.objects import commits

SIZE = 4096
ID = "sha256:" + "0" * 64
LONGEST = 5.0  # a bound for what hangs; a slow machine is none
FIXTURES = Path(__file__).parents[2] / "fixtures"
Run = Callable[[bytes], None]


class Target(NamedTuple):
    """Whole inputs to begin with, and what takes them."""

    seeds: Sequence[bytes]
    run: Run


def refused_by(work: Callable[[bytes], Any], *errors: type[Exception]) -> Run:
    """A reader that may say no in these ways."""

    def run(data: bytes) -> None:
        with suppress(*errors):
            work(data)

    return run


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def midi(data: bytes) -> None:
    try:
        song = codec.parse(data)
    except FormatError:
        return
    written = codec.write(song)
    again = codec.parse(written)
    assert codec.write(again) == written and [track.raw for track in again.tracks] == [t.raw for t in song.tracks]


def lenient_midi(data: bytes) -> None:
    with suppress(FormatError):
        codec.write(codec.parse(data, lenient=True))


def op_line(data: bytes) -> None:
    left: list[bytes] = []

    def quarantine(line: bytes, reason: str, at: int) -> str:
        left.append(line)
        return ""

    for row in decoding.decode([data + b"\n"], 0, quarantine):
        json.dumps(row)
    whole = salvage(data)
    assert whole is None or intact(whole)
    with suppress(FormatError):
        check_line(data)
    plain.entry_of(data)
    if data[:1] == b"{":  # the same with a checksum that holds, as whoever means harm would send it
        head = data.rstrip(b"}\n") + b',"writer":"w","instance":"i","sequence":1'
        import zlib

        with suppress(FormatError):
            check_line(b'%b,"crc":"%08x"}' % (head, zlib.crc32(head)))


def checkpoint(data: bytes) -> None:
    found = _json(data)
    if isinstance(found, dict):
        with suppress(ValueError, RecursionError):
            found["checksum"] = checksum(found)
    if is_checkpoint(found):
        assert is_checkpoint(json.loads(compact(found)))


def joined(data: bytes) -> None:
    """Each CRDT of what JSON says: refused, or a value that joins with itself and is written as it was read."""
    value = _json(data)
    for kind in (crdts.RGA, crdts.ORSet, crdts.AWMap, crdts.GCounter, crdts.LWWRegister, crdts.VectorClock):
        with suppress(FormatError):
            made: Any = kind.from_dict(value)
            again = kind.from_dict(json.loads(json.dumps(made.to_dict())))
            assert made == again and made.join(again) == made if hasattr(made, "join") else made == again


def attributes(data: bytes) -> None:
    with suppress(MuseError):
        for rule in rules_of(parse_attributes(data)):
            resolve_strategy([rule], "a/b/c.mid", "notes")
    with tempfile.TemporaryDirectory() as folder, suppress(MuseError):
        Path(folder, ".museattributes").write_bytes(data)
        load_attributes(folder)


def ignored(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    patterns = text.split("\n")[:50]
    for path in ("a", "a/b/c.mid", "x" * 200, "/".join("ab" * 20), patterns[0] or "x"):
        ignore.is_ignored(path, patterns)
    with tempfile.TemporaryDirectory() as folder, suppress(MuseError):
        Path(folder, ".museignore").write_bytes(data)
        ignore.load_patterns(folder)


def git_attributes(data: bytes) -> None:
    own = gitattributes.without_ours(data)
    assert gitattributes.without_ours(own) == own


def mcp(data: bytes) -> None:
    read, write = os.pipe()
    os.write(write, data[:SIZE])
    os.close(write)
    try:
        for line in wire._split(read):
            text, error = wire._request(line)
            assert not (text and error)
            if text:
                assert isinstance(json.loads(text), dict)
            json.dumps(error).encode()
    finally:
        os.close(read)


class _Socket:
    """A connection that has said everything."""

    def __init__(self, data: bytes) -> None:
        self.said, self.answer = io.BytesIO(data), io.BytesIO()

    def makefile(self, mode: str, *size: int) -> io.BytesIO:
        return self.said

    def sendall(self, data: bytes) -> None:
        self.answer.write(data)

    def settimeout(self, seconds: float) -> None: ...

    def setsockopt(self, *words: int) -> None: ...


class _Backend:
    """`git http-backend` as it might be: its answer is what the client sent."""

    said = b""

    def __init__(self, words: Any, env: dict[str, str], **named: Any) -> None:
        assert words == ["git", "http-backend"] and all("\0" not in f"{name}{value}" for name, value in env.items())
        self.stdin, self.stdout = io.BytesIO(), io.BytesIO(self.said)

    def __enter__(self) -> _Backend:
        return self

    def __exit__(self, *what: object) -> None: ...

    def kill(self) -> None: ...


def _answers(handler: Any, server: Any, data: bytes) -> None:
    """A server's loop over one connection; nothing but lost connections comes out of it."""
    made = _Socket(data)
    with redirect_stderr(io.StringIO()), suppress(OSError):
        handler(made, ("127.0.0.1", 1), server)


def git_server(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = serve.GitServer.__new__(serve.GitServer)
        server.folder, server.login, server.user = Path(folder), None, ""
        _Backend.said = data[-200:]
        real, serve.subprocess.Popen = serve.subprocess.Popen, _Backend  # type: ignore[misc, assignment]
        try:
            _answers(serve._Handler, server, data)
        finally:
            serve.subprocess.Popen = real  # type: ignore[misc]


class _Tool:
    settled = False

    def page(self) -> str:
        return "<p>\ud800"

    def tried(self, picks: Any) -> dict[str, Any]:
        return {"picks": mergetool._checked(picks)}

    save = tried


def tool_server(data: bytes) -> None:
    server = mergetool._Server.__new__(mergetool._Server)
    server.tool, server.token, server.cookie = _Tool(), "t" * 32, "c" * 32  # type: ignore[assignment]
    server.host, server.goodbye, server.done = "127.0.0.1:1", None, False
    _answers(mergetool._Handler, server, data)


def listing(data: bytes) -> None:
    """What another server answers to a question for its refs."""
    read, write = os.pipe()
    away = os.open(os.devnull, os.O_WRONLY)
    os.write(write, data[:SIZE])
    os.close(write)
    try:
        for name, tip in refs._converse(refs._Packets(read), away, ["refs/muse/"]).items():
            assert name.startswith("refs/muse/") and len(tip) in (40, 64)
    except MuseError as error:
        assert str(error).isprintable()
    finally:
        os.close(read)
        os.close(away)


def watched(data: bytes) -> None:
    """A conversation is understood alike however it is cut."""
    for receive in (False, True):
        whole, parts = protocol.Watch(receive), protocol.Watch(receive)
        whole.feed(data)
        for at in range(0, len(data), 7):
            parts.feed(data[at : at + 7])
        names = ("fetched", "pushed", "prefixed", "looked", "everything", "dry_run", "sent")
        told = [(name, getattr(whole, name), getattr(parts, name)) for name in names]
        assert all(one == other for _, one, other in told), told


def address(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    if "\0" in text:
        return
    url.without_password(text)
    with suppress(MuseError):
        place = url.parse(text)
        assert not place.host.startswith("-") and not place.path.startswith("-"), place


def commit(data: bytes) -> None:
    with suppress(MuseError):
        commits.parse("0" * 40, data)


def delta(data: bytes) -> None:
    with suppress(FormatError):
        found, versions = deltas.decode(data)
        assert deltas.check_delta(json.loads(json.dumps(found))) == found and isinstance(versions, dict)
    deltas.provenance_of("provenance/aa/b-c/" + "0" * 64 + ".json", data)
    with suppress(FormatError):
        crdt_state.decode(data)


def marked(data: bytes) -> None:
    markers.read(data)
    markers.parse(data)


def score(data: bytes) -> None:
    with suppress(FormatError):
        read_score(data)
    with suppress(FormatError):
        formats.format_of(data)
    with suppress(FormatError):
        node = xml_tree.parse(data)
        assert xml_tree.rewritten(node, lambda each: None) == data[node.start : node.end]


def settings(data: bytes) -> None:
    with suppress(ValueError):
        toml.loads(data.decode("utf-8", "replace"))


def _lines() -> list[bytes]:
    ops = [
        {"op": "insert", "address": "a.txt", "position": None, "content_id": ID, "content_summary": "x"},
        {"op": "delete", "address": "b.py::f", "position": 1, "content_id": ID, "content_summary": ""},
    ]  # fmt: skip
    entries = [make_op_entry("ada", "files", op, 7, parent_op_ids=["sha256:" + "1" * 64]) for op in ops]  # type: ignore[arg-type]
    lines = [b"".join(seal(entry)) for entry in entries]
    who = b',"writer":"w","instance":"i","sequence":1,"crc":"00000000"}'
    return [line.rstrip(b"}\n") + who for line in lines] + [json.dumps(entry).encode() for entry in entries]


def _states() -> list[bytes]:
    rga = crdts.RGA().insert(None, "a", element_id="1@a")
    values: list[Any] = [rga, crdts.ORSet().add("x")[0], crdts.GCounter(), crdts.VectorClock({"a": 1})]
    return [json.dumps(each.to_dict()).encode() for each in values] + [
        b'{"value":1,"timestamp":2.5,"author":"a"}', b'[{"id":"1@a","value":"x","deleted":false,"parent_id":null}]'
    ]  # fmt: skip


def _delta() -> bytes:
    op = {"op": "patch", "address": "a", "child_ops": [], "child_domain": "code", "child_summary": "x"}
    body = {"domain": "code", "ops": [op], "summary": "s"}
    return json.dumps({"format": 1, "delta": body, "plugins": {"code": "0.1.0"}}).encode()


_STATE = b'{"format":1,"vclock":{"a":1},"crdt_state":{"p":"sha256:0"},"domain":"code","schema_version":"0"}'
_CHECKPOINT = json.dumps({
    "session_id": "s", "snapshot_id": "x", "lamport_ts": 3, "op_count": 1, "created_at": "", "positions": {"w/i": 2},
    "holes": {"w/i": [1]}, "deliveries": [], "branch": "refs/heads/main",
}).encode()  # fmt: skip
_MCP = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sessions","arguments":{}}}\n'
_GET = b"GET /a.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1:1\r\nGit-Protocol: version=2\r\n\r\n"
_POST = (
    b"POST /save HTTP/1.1\r\nHost: 127.0.0.1:1\r\nCookie: muse=" + b"c" * 32 + b"\r\nContent-Length: 14\r\n\r\n"
    b'{"a": "theirs"}'
)
_CHUNKED = (
    b"POST /a/git-receive-pack HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    b"Status: 200 OK\r\n\r\n"
)
_COMMIT = (
    b"tree " + b"a" * 40 + b"\nparent " + b"b" * 40 + b"\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 2 -0130\n"
    b"encoding latin-1\n\nmessage\n"
)
_REFS = (
    b"000eversion 2\n0015agent=git/2.39.5\n0000"
    b"0042" + b"a" * 40 + b" refs/muse/log/abcdef01\n0000"
)  # fmt: skip
_SCORE = (
    b'<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>x</part-name>'
    b'</score-part></part-list><part id="P1"><measure number="1"><note><pitch><step>C</step><octave>4</octave></pitch>'
    b"<duration>4</duration></note></measure></part></score-partwise>"
)
_RULES = b'[meta]\ndomain = "midi"\n[[rules]]\npath = "*.mid"\ndimension = "notes"\nstrategy = "ours"\n'
_MARKED = b"a\n<<<<<<< ours\nb\n||||||| base\nc\n=======\nd\n>>>>>>> theirs\ne\n"


def _bad_zips() -> list[bytes]:
    """Found by fuzzing: what `zipfile` answers with errors that are none of its own."""
    whole = _zip()
    at = whole.index(b"PK\1\2")
    table = whole[at:]
    nameless = table[:28] + b"\0\0" + table[30:46] + b"\0" * 5 + table[51:]  # read as extra data from there on
    nameless = nameless[:30] + b"\5\0" + nameless[32:]
    no_text = whole[:6] + b"\0\x08" + whole[8:30] + b"\x83" + whole[31:at] + table
    return [whole[:at] + nameless, no_text, whole[:at] + table[:-6] + b"\xff\0\0\0" + table[-2:]]


def _zip() -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.xml", _SCORE)
    return out.getvalue()


def table() -> dict[str, Target]:
    """Every target by its name."""
    song = (FIXTURES / "midi" / "menuet.mid").read_bytes()
    small = b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x0c\0\x90\x3c\x40\x60\x80\x3c\0\0\xff\x2f\0"
    return {
        "midi": Target([song[:SIZE], small, b"RIFF\x2e\0\0\0RMIDdata\x22\0\0\0" + small], midi),
        "lenient_midi": Target([song[:SIZE], small], lenient_midi),
        "op_line": Target(_lines(), op_line),
        "checkpoint": Target([_CHECKPOINT], checkpoint),
        "crdts": Target(_states(), joined),
        "delta": Target([_delta(), _STATE], delta),
        "attributes": Target([_RULES], attributes),
        "ignore": Target([b'[global]\npatterns = ["*.tmp", "!a/**/b", "[a-z]?"]\n', b"*a*/**/b[!x-z]\n!c\\*"], ignored),
        "git_attributes": Target(
            [b"*.mid merge=muse -text\n# >>> muse install\n*.py merge=x\n# <<<\n"], git_attributes
        ),
        "toml": Target([_RULES, b'a = {b = "\\u0041"}\n[c.d]\ne = 1e5\n'], settings),
        "mcp": Target([_MCP * 2], mcp),
        "git_server": Target([_GET, _CHUNKED, _GET.replace(b"=2", b"=\0")], git_server),
        "tool_server": Target([_POST, _GET], tool_server),
        "listing": Target([_REFS, b"0032" + b"a" * 40 + b" HEAD\0x\n0000"], listing),
        "watched": Target(
            [b"0011command=fetch0032want " + b"a" * 40 + b"0000", b"push abcd:ef\n\npush c:d\n\n"], watched
        ),
        "address": Target([b"https://u:p@h:1/x%20y", b"a@h:b", b"muse:///x", b"ssh://[::1]:22/x"], address),
        "commit": Target([_COMMIT], commit),
        "markers": Target([_MARKED], marked),
        "score": Target([_SCORE, b"<REAPER_PROJECT 0.1\n  <TRACK {A}\n  >\n>\n"], score),
        "zip": Target([_zip(), *_bad_zips()], refused_by(ZipMembers, FormatError)),
    }
