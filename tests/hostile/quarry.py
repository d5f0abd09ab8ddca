"""What hostile repositories are cut from: Git objects of any bytes, MIDI files, sound repositories to be spoiled."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from muse.core.op_log import OpLog, make_op_entry
from tests.conftest import write_files

CODE = "def first():\n    return 1\n\n\ndef second():\n    return 2\n"
SONG = Path(__file__).parents[2] / "fixtures" / "midi" / "menuet.mid"
OURS, EVIL = "refs/muse", "refs/muse-remotes/origin"
WRITER = "e" * 20


class Quarry:
    """A repository whose objects may be anything."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git_dir = root / ".git"

    def git(self, *words: str, input: bytes = b"", check: bool = True) -> str:
        done = subprocess.run(["git", *words], cwd=self.root, input=input, capture_output=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"git {words[:4]}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def raw(self, kind: str, data: bytes) -> str:
        """A loose object of these very bytes, whether Git would write it or not; its id."""
        whole = b"%s %d\0" % (kind.encode(), len(data)) + data
        name = hashlib.sha1(whole).hexdigest()
        place = self.loose(name)
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            place.write_bytes(zlib.compress(whole, 1))
        return name

    def loose(self, name: str) -> Path:
        """Where a loose object is."""
        return self.git_dir / "objects" / name[:2] / name[2:]

    def blob(self, data: bytes) -> str:
        return self.raw("blob", data)

    def zeros(self, size: int, head: bytes = b"", fill: bytes = b" ") -> str:
        """A blob of `size` equal bytes, written without holding them."""
        crunch, digest = zlib.compressobj(1), hashlib.sha1()
        start = b"blob %d\0" % (size + len(head)) + head
        digest.update(start)
        parts = [crunch.compress(start)]
        block = fill * (1 << 20)
        for at in range(0, size, len(block)):
            piece = block[: min(len(block), size - at)]
            digest.update(piece)
            parts.append(crunch.compress(piece))
        name = digest.hexdigest()
        self.loose(name).parent.mkdir(exist_ok=True)
        self.loose(name).write_bytes(b"".join([*parts, crunch.flush()]))
        return name

    def tree(self, rows: Iterable[tuple[str, str | bytes, str]]) -> str:
        """A tree of (mode, name, id) as they come: unsorted, doubled, with any name."""
        parts = []
        for mode, name, oid in rows:
            label = name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name
            parts.append(mode.encode() + b" " + label + b"\0" + bytes.fromhex(oid))
        return self.raw("tree", b"".join(parts))

    def folder(self, files: Mapping[str, str]) -> str:
        """A sorted tree of paths (with folders) to blob ids."""
        below: dict[str, dict[str, str]] = {}
        rows: list[tuple[str, str | bytes, str]] = []
        for path, oid in files.items():
            first, slash, rest = path.partition("/")
            if slash:
                below.setdefault(first, {})[rest] = oid
            else:
                rows.append(("100644", first, oid))
        rows += [("40000", name, self.folder(part)) for name, part in below.items()]
        return self.tree(sorted(rows, key=lambda row: str(row[1]) + ("/" if row[0] == "40000" else "")))

    def commit(self, tree: str, *parents: str, message: bytes = b"hostile\n", head: bytes = b"") -> str:
        who = b"Eve <eve@example.org> 1767323045 +0000"
        lines = [b"tree " + tree.encode(), *(b"parent " + parent.encode() for parent in parents)]
        lines += [b"author " + who, b"committer " + who]
        return self.raw("commit", b"\n".join(lines) + b"\n" + head + b"\n" + message)

    def ref(self, name: str, oid: str) -> None:
        """A loose ref, whatever it names."""
        place = self.git_dir / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(oid + "\n")

    def packed(self, rows: Iterable[tuple[str, str]]) -> None:
        """More refs, in `packed-refs`."""
        lines = sorted(f"{oid} {name}\n" for name, oid in rows)
        lines.sort(key=lambda line: line.split(" ", 1)[1])
        (self.git_dir / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))

    def muse(self, kind: str, files: Mapping[str, str], *, writer: str = WRITER, both: bool = True) -> str:
        """A commit of such files under `refs/muse*/<kind>/<writer>`, with its `format`; the tree's id."""
        said = self.blob(b"muse 2\n" if kind == "log" else b"muse 1\n")
        tree = self.folder({"format": said, **files})
        self.point(kind, self.commit(tree), writer=writer, both=both)
        return tree

    def point(self, kind: str, oid: str, *, writer: str = WRITER, both: bool = True) -> None:
        """Have a peer's ref name an object; as fetched, and as a mirror has it."""
        self.ref(f"{EVIL}/{kind}/{writer}", oid)
        if both:
            self.ref(f"{OURS}/{kind}/{writer}", oid)

    def files(self, message: str = "hostile", **changed: bytes | str) -> None:
        self.write({name.replace("__", "."): data for name, data in changed.items()}, message)

    def write(self, files: Mapping[str, bytes | str], message: str = "hostile") -> None:
        """Write files and commit them."""
        write_files(self.root, files)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "-m", message, "--allow-empty")

    def sides(
        self, base: Mapping[str, bytes | str], ours: Mapping[str, bytes | str], theirs: Mapping[str, bytes | str]
    ) -> None:
        """Files that `main` and `topic` changed both."""
        self.write(base, "base")
        self.git("branch", "-f", "topic")
        self.git("switch", "-q", "topic")
        self.write(theirs, "theirs")
        self.git("switch", "-q", "main")
        self.write(ours, "ours")


def sound(root: Path) -> Quarry:
    """A repository with code and music that two branches changed, a remote, and a session."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    made = Quarry(root)
    song = SONG.read_bytes()
    made.sides(
        {"lib.py": CODE, "song.mid": song, "notes.txt": "a\nb\nc\n"},
        {"lib.py": CODE.replace("1", "10"), "notes.txt": "A\nb\nc\n"},
        {"lib.py": CODE.replace("2", "20"), "notes.txt": "a\nb\nC\n"},
    )
    made.git("init", "-q", "-b", "main", "--bare", f"{root}.origin")
    made.git("remote", "add", "origin", f"{root}.origin")
    made.git("push", "-q", "-u", "origin", "main", "topic")
    made.git("remote", "add", "helper", f"muse::{root}.origin")
    return made


def vlq(number: int) -> bytes:
    """A variable-length quantity, as MIDI files have them."""
    out = [number & 0x7F]
    while number := number >> 7:
        out.insert(0, 0x80 | (number & 0x7F))
    return bytes(out)


def midi(*tracks: bytes, division: int = 480, form: int = 1) -> bytes:
    """A MIDI file of raw tracks."""
    head = b"MThd" + struct.pack(">IHHH", 6, form, len(tracks) & 0xFFFF, division)
    return head + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


END = b"\x00\xff\x2f\x00"


def text_event(kind: int, words: str | bytes, delta: int = 0) -> bytes:
    data = words.encode() if isinstance(words, str) else words
    return vlq(delta) + bytes([0xFF, kind]) + vlq(len(data)) + data


def note(pitch: int, length: int, velocity: int = 64, delta: int = 0, channel: int = 0) -> bytes:
    return vlq(delta) + bytes([0x90 | channel, pitch, velocity]) + vlq(length) + bytes([0x80 | channel, pitch, 0])


def log_lines(
    root: Path, writer: str, ops: Iterable[Mapping[str, object]], spoil: Callable[[bytes], bytes] = bytes
) -> bytes:
    """The lines of a log with these ops, sealed as a real writer would; `spoil` may change each afterwards."""
    log = OpLog(root, "jam", writer=writer)
    for op in ops:
        log.append(make_op_entry("eve", "files", op, log.next_lamport_ts()))  # type: ignore[arg-type]
    lines = log.raw_lines()
    log.close()
    return b"".join(spoil(line) + b"\n" for line in lines)


def insert(path: str, content: bytes) -> dict[str, object]:
    """An op that adds a file and brings its content."""
    import base64

    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {
        "op": "insert", "address": path, "position": None, "content_id": digest, "content_summary": f"added {path}",
        "content_b64": base64.b64encode(content).decode(),
    }  # fmt: skip


def as_json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def link(root: Path, name: str, target: str) -> None:
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    os.symlink(target, place)
