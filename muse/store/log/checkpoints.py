"""Sessions' op logs in Git: segments of ops with the contents they name under `refs/muse/log/<writer>`, and back.

A segment is a run of one instance's ops, lines as in the log, and never changes. Reading takes the union of all
writers, so a log deleted here is rebuilt from what this clone and others have committed.
"""

from __future__ import annotations

import itertools
import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from muse.core.errors import MuseError
from muse.core.io import write_text_atomic
from muse.core.op_log import (
    OpLog,
    OpLogCheckpoint,
    ReplicaReport,
    Told,
    claim,
    compact,
    decode_name,
    is_checkpoint,
    is_told,
    list_sessions,
    named_content,
    portable,
)
from muse.core.op_log.entries import CLAIM, row_key
from muse.core.op_log.stored import Rows
from muse.core.op_log.tombstones import names_any
from muse.core.terminal import command
from muse.core.types import load_json_file
from muse.store.layout import content_path, own_ref, segment_path, session_path
from muse.store.meta.broken import commit_files
from muse.store.meta.union import MANY, UNKNOWN, Entry, Problem, Union
from muse.store.meta.writer_refs import own_tip
from muse.store.writer import known_writer, previous_writers

if TYPE_CHECKING:
    from muse.store.repository import Repository

NEVER_GIVEN = "this clone has never given away"
PER_SEGMENT = 500
MAX_SEGMENT = 64 << 20
MAX_LINES = 100 * PER_SEGMENT
MAX_CHECKPOINT = 16 << 20
MAX_NAME = 16 << 10  # bytes of a session's name
_WRITER = re.compile(rb',"writer":"([0-9a-z_-]{1,64})"')
_OP_ID = re.compile(rb',"op_id":"(sha256:[0-9a-f]{64})"')


def save(repo: Repository, log: OpLog, checkpoint: OpLogCheckpoint | None = None) -> str | None:
    """Commit the ops that no writer has committed yet, with the contents they name; durable when this returns.

    With `checkpoint`, that is kept as this writer's word on the session, else the last one that was made here. The
    tip, or None when there was nothing.
    """
    log.flush(level="durable")
    checkpoint = checkpoint or log.read_checkpoint()
    session = log.session_id()
    fresh, mark = log.stored_from(_exported(repo, log))
    have = _committed(Union(repo), session, fresh)
    files: dict[str, bytes | str] = {}
    with repo.writer() as writer:
        for instance, run in _runs(fresh):
            for part in _not_in(fresh.taken(run), have):
                data = b"".join(line + b"\n" for _, line in part)
                first, last = part[0][0]["sequence"], part[-1][0]["sequence"]
                files[segment_path(session, instance, first, last, data)] = writer.blob(data)
                named = {name for row, _ in part for name in named_content(row["domain_op"])}
                files.update(contents(repo, named))
    segments = {blob for path, blob in files.items() if path.endswith(".jsonl") and isinstance(blob, str)}
    if checkpoint is not None:
        files[session_path(session, "checkpoint.json")] = compact(portable(checkpoint)) + b"\n"
    tip = None
    if files:
        files[session_path(session, "name")] = session.encode("utf-8", "surrogatepass")
        tip = commit_files(repo, "log", files, f"session {session!r:.60}, {len(fresh)} new ops")
        _remember(log, mark, tip)
        if segments:
            _take(log, _seen(log) | segments)
    elif len(fresh) and (known := own_tip(repo, "log")) is not None:
        _remember(log, mark, known)  # others had committed them: not to be looked at again
    return tip


def pin(repo: Repository, digests: Iterable[str]) -> None:
    """Commit contents that ops are about to name: until a ref names them `git gc` may take them away.

    MuseError when one is gone already.
    """
    wanted = set(digests)
    files = contents(repo, wanted)
    if len(files) == len(wanted):
        commit_files(repo, "log", files, f"the contents of {len(files)} ops to come")
        files = contents(repo, wanted)
    if len(files) < len(wanted):
        raise MuseError("content of an op is no longer in the repository", hint="append the op with its content")


def save_all(repo: Repository) -> Iterator[MuseError]:
    """Commit what live sessions here have not committed yet, so that a push takes it along; what went wrong, if any.

    A session with nothing new costs a look at two files, and all of them one look at the history of our ref.
    """
    tip = own_tip(repo, "log")
    chain = set() if tip is None else set(repo.git("rev-list", tip).decode().split())
    for session in list_sessions(repo.root):
        log = OpLog(repo.root, session)
        try:
            offset, kept = _marked(log)
            if kept in chain and offset == log.end():
                continue
            if not is_foreign(repo, log.read_checkpoint()):
                save(repo, log)
        except MuseError as error:
            yield error


def pull(repo: Repository, log: OpLog) -> ReplicaReport:
    """Take all writers' ops of the session into the local log; segments taken before are not read again.

    After the local log was deleted this rebuilds it, and our own checkpoint with it.
    """
    union, session = Union(repo), log.session_id()
    known = _seen(log)
    new = [entry for entry in _segments(union, session) if entry.blob not in known]
    strangers = _strangers(repo, union, session) if new else set()
    if strangers:
        new = [entry for entry in new if {at.ref for at in union.writers("log", entry.path)} - strangers]
    lines: list[Told] = []
    taken: list[str] = []
    made = log.read_checkpoint() if new else None
    gone = {} if made is None else made.get("expunged", {})
    me = {*filter(None, [known_writer(repo)]), *previous_writers(repo)}
    speaking = union.owners("log")
    for entry in new:
        found = _lines(union, entry)
        if found is not None:
            by = _whose(union, entry, me)
            lines.extend(
                Told(line, _believed_by(line, by, speaking))
                for line in found
                if line and not (gone and names_any(line, gone))
            )
            taken.append(entry.blob)
    report = log.merge_replica(lines) if lines else ReplicaReport()
    if taken:
        _take(log, known | set(taken))
    if report.added and log.read_checkpoint() is None:
        for ours in _own_checkpoints(repo, union, session):
            log.adopt_checkpoint(ours)
            break
    return report


def _lines(union: Union, entry: Entry) -> list[bytes] | None:
    """A segment's lines; None, and told, when it cannot be read or has more than any writer puts into one."""
    data = union.read(entry, MAX_SEGMENT)
    if data is not None and data.count(b"\n") > MAX_LINES:
        union.note(entry, f"it has more than {MAX_LINES} lines")
        return None
    return None if data is None else data.split(b"\n")


def _whose(union: Union, entry: Entry, ours: set[str]) -> frozenset[str] | None:
    """The writers in whose own refs a segment is; None for a ref of this clone, which is believed whatever it says."""
    refs = [at.ref for at in union.writers("log", entry.path) if at.blob == entry.blob]
    names = {ref: ref.rpartition("/")[2] for ref in refs}
    if any(ref == own_ref("log", name) and name in ours for ref, name in names.items()):
        return None
    me = known_writer(union.repo)
    mine = None if me is None else own_ref("log", me)
    copies = {ref for ref, name in names.items() if name == me} if mine in union.refs else set()
    return frozenset(name.partition(".")[0] for ref, name in names.items() if ref not in copies)


def _believed_by(line: bytes, by: frozenset[str] | None, speaking: set[str]) -> frozenset[str] | None:
    """As `by`; None for the line of a writer that has no ref here: nobody can say it better."""
    said = _WRITER.search(line, line.rfind(b',"writer":'))
    return None if said is None or said[1].decode() not in speaking else by


def sessions(repo: Repository, union: Union | None = None, *, delivered: bool = False) -> list[str]:
    """The names of all sessions any writer has committed, sorted; with `delivered` those that have a checkpoint."""
    union, found = union or Union(repo), set()
    rows = [(*entry.path.partition("/")[::2], entry) for entry in union.below("log", "")]
    told = {folder for folder, rest, _ in rows if rest == "checkpoint.json" or not delivered}
    names = [(folder, entry) for folder, rest, entry in rows if rest == "name" and folder in told]
    if len(names) > MANY:
        repo.objects.ahead(entry.blob for _, entry in names)
    for folder, entry in names:
        data = union.read(entry, MAX_NAME)
        name = None if data is None else _text(data)
        if name is not None and session_path(name).rstrip("/") == folder:
            found.add(name)
        elif decode_name(folder) is not None and session_path(cast(str, decode_name(folder))).rstrip("/") == folder:
            found.add(cast(str, decode_name(folder)))
    repo.objects.forget_ahead()
    return sorted(found)


def checkpoints(repo: Repository, session: str) -> list[OpLogCheckpoint]:
    """Every writer's latest checkpoint of the session that can be true.

    One that says it holds ops of this clone which no ref has is not believed: nobody can have them.
    """
    return [made for _, made in _believed(repo, Union(repo), session)]


def told_by(repo: Repository, session: str, union: Union | None = None) -> list[tuple[str, OpLogCheckpoint]]:
    """As `checkpoints`, each with the ref it stands in."""
    return [(entry.ref, made) for entry, made in _believed(repo, union or Union(repo), session)]


def refuse_newer(repo: Repository, session: str) -> None:
    """MuseError when a newer Muse wrote a log that has this session: what it delivered cannot be known here."""
    for found in Union(repo, quiet=True).problems:
        if (found.path, found.why) != ("", UNKNOWN) or found.ref.split("/")[-2] != "log":
            continue
        if repo.objects.resolve(f"{found.ref}:{session_path(session).rstrip('/')}") is not None:
            raise MuseError(
                f"{found.ref} was written by a newer version of Muse: which ops of session {session!r:.80} it "
                "delivered cannot be known",
                hint="upgrade: pipx upgrade muse-on-git; or, to do without it: "
                + command("git", "update-ref", "-d", found.ref),
            )


def left_out(repo: Repository) -> list[Problem]:
    """Checkpoints of other writers that are not believed and sessions that are not taken in, and why."""
    union = Union(repo, quiet=True)
    for session in sorted({*list_sessions(repo.root), *sessions(repo, union, delivered=True)}):
        _believed(repo, union, session)
        _strangers(repo, union, session)
    return union.noted


def _believed(repo: Repository, union: Union, session: str) -> list[tuple[Entry, OpLogCheckpoint]]:
    found: list[tuple[Entry, OpLogCheckpoint]] = []
    folder = session_path(session)
    entries = union.find("log", f"{folder}checkpoint.json")
    if not entries:
        return found
    me = known_writer(repo)
    ours = {*filter(None, [me]), *previous_writers(repo)}
    own = {own_ref("log", name) for name in ours}
    tops = _committed_tops(entry for ref in own for entry in union.of(ref) if entry.path.startswith(folder))
    for entry in entries:
        made = _checkpoint(union, entry, session)
        if made is None:
            continue
        if "positions" not in made:
            union.note(entry, "it does not say which ops it holds")
            continue
        doubtful = {} if entry.ref in own else _beyond(made, ours, tops)
        if doubtful and (lie := _impossible(union, made, doubtful, me)):
            union.note(entry, f"it claims op {lie}, which {NEVER_GIVEN}")
            continue
        found.append((entry, made))
    return found


def is_foreign(repo: Repository, made: OpLogCheckpoint | None) -> bool:
    """True when a session was started in a history of which this repository has no first commit."""
    roots = [] if made is None else made.get("roots", [])
    ours = {*filter(None, [known_writer(repo)]), *previous_writers(repo)}
    if made is not None and any(who.partition("/")[0] in ours for who in made.get("positions", {})):
        return False  # it was written here, whatever history was rewritten since
    if not roots or any(repo.objects.resolve(f"{root}^{{commit}}") for root in roots):
        return False
    return repo.git("rev-parse", "--is-shallow-repository").strip() != b"true"


def roots(repo: Repository) -> list[str]:
    """The first commits of HEAD's history; none of a shallow clone or before the first commit."""
    if repo.head() is None or repo.git("rev-parse", "--is-shallow-repository").strip() == b"true":
        return []
    return repo.git("rev-list", "--max-parents=0", "HEAD").decode().split()


def _strangers(repo: Repository, union: Union, session: str) -> set[str]:
    """Refs whose session of that name is of another repository, reported."""
    found = set()
    for entry in union.writers("log", session_path(session, "checkpoint.json")):
        if is_foreign(repo, _checkpoint(union, entry, session)):
            union.note(entry, "it is a session of another repository, whose history is not here")
            found.add(entry.ref)
    return found


def _committed_tops(segments: Iterable[Entry]) -> dict[str, int]:
    """The largest sequence of each instance's folder that these files name."""
    tops: dict[str, int] = {}
    for entry in segments:
        if entry.path.endswith(".jsonl"):
            _, instance, _, file = entry.path.split("/")
            tops[instance] = max(tops.get(instance, 0), int(file.removesuffix(".jsonl").partition("-")[2]))
    return tops


def _beyond(made: OpLogCheckpoint, ours: set[str], tops: dict[str, int]) -> dict[str, str]:
    """What a checkpoint claims of instances of ours beyond what our refs have: the folder of each."""
    found = {}
    for who, top in made.get("positions", {}).items():
        writer, _, instance = who.partition("/")
        if writer in ours and not CLAIM.fullmatch(instance):  # such a name is made of the op: who has it has seen that
            folder = segment_path("s", instance, 0, 0, b"").split("/")[1]
            if top > tops.get(folder, 0):
                found[who] = folder
    return found


def _impossible(union: Union, made: OpLogCheckpoint, doubtful: dict[str, str], me: str | None) -> str:
    """An op of ours that a checkpoint claims and nobody can have; "" when there is none.

    That is an op in our log whose line is in no ref, and one of our present id of which no ref tells. A former id may
    be the present one of the folder this one was copied from, or what this one was before it was restored.
    """
    session, repo = made["session_id"], union.repo
    told = _committed_tops(_segments(union, session))
    for who, folder in doubtful.items():
        if who.partition("/")[0] == me and (top := made["positions"][who]) > told.get(folder, 0):
            return f"{top} of {who}"
    log = OpLog(repo.root, session)
    fresh, _ = log.stored_from(_exported(repo, log))
    rows = fresh.taken(at for at, row in enumerate(fresh) if row_key(row).who in doubtful)
    for row, _ in itertools.chain.from_iterable(_not_in(rows, _committed(union, session, rows))):
        who, number = row_key(row).who, row["sequence"]
        if number <= made["positions"][who] and number not in made.get("holes", {}).get(who, ()):
            return f"{number} of {who}"
    return ""


def _checkpoint(union: Union, entry: Entry, session: str) -> OpLogCheckpoint | None:
    data = union.read(entry, MAX_CHECKPOINT)
    if data is None:
        return None
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not is_checkpoint(value) or value["session_id"] != session:
        union.note(entry, "it is no checkpoint of its session")
        return None
    return cast(OpLogCheckpoint, value)


def _own_checkpoints(repo: Repository, union: Union, session: str) -> Iterator[OpLogCheckpoint]:
    """What this clone said last, under its present name or an earlier one."""
    me = known_writer(repo)
    names = [*([me] if me else []), *reversed(previous_writers(repo))]
    by_ref = {entry.ref: entry for entry in union.writers("log", session_path(session, "checkpoint.json"))}
    for name in names:
        for ref, entry in by_ref.items():
            if ref.endswith(f"/log/{name}"):
                found = _checkpoint(union, entry, session)
                if found is not None:
                    yield found


def _segments(union: Union, session: str) -> list[Entry]:
    return [entry for entry in union.below("log", session_path(session)) if entry.path.endswith(".jsonl")]


class _Committed(NamedTuple):
    """What some writer has committed: lines, by a hash of each, and ops that others told of."""

    lines: set[bytes]
    told: set[str]


def _committed(union: Union, session: str, rows: Rows) -> _Committed:
    """Which of the lines of these rows some writer has committed.

    A segment's name says where to look; only its lines count, because the name may be anybody's.
    """
    wanted: dict[str, list[int]] = {}
    folders: dict[str, str] = {}
    have = _Committed(set(), set())
    tells = False
    for row in rows:
        tells = tells or is_told(row)
        for instance, number in {(row["instance"], row["sequence"]), claim(row)}:
            folder = folders.get(instance) or segment_path(session, instance, 0, 0, b"").split("/")[1]
            folders[instance] = folder
            wanted.setdefault(folder, []).append(number)
    for numbers in wanted.values():
        numbers.sort()
    for entry in _segments(union, session) if wanted else ():
        _, instance, _, name = entry.path.split("/")
        first, _, last = name.removesuffix(".jsonl").partition("-")
        numbers = wanted.get(instance, [])
        at = bisect_left(numbers, int(first))
        if at < len(numbers) and numbers[at] <= int(last):
            for line in _lines(union, entry) or ():
                have.lines.add(_short(line))
                if tells and (said := _OP_ID.search(line, line.rfind(b',"created_at":'))):
                    have.told.add(said[1].decode())
    return have


def _short(line: bytes) -> bytes:
    return blake2b(line, digest_size=16).digest()


def _runs(rows: Rows) -> Iterator[tuple[str, array[int]]]:
    """Places of consecutive sequences of one instance, at most PER_SEGMENT of them."""
    by_instance: dict[str, dict[int, int]] = {}
    for at, row in enumerate(rows):
        by_instance.setdefault(row["instance"], {})[row["sequence"]] = at
    for instance, found in sorted(by_instance.items()):
        run: array[int] = array("I")
        before = -1
        for sequence in sorted(found):
            if run and (len(run) == PER_SEGMENT or before + 1 != sequence):
                yield instance, run
                run = array("I")
            run.append(found[sequence])
            before = sequence
        yield instance, run


def _not_in(rows: Rows, have: _Committed) -> Iterator[list[tuple[dict[str, Any], bytes]]]:
    """Rows with their lines but for those that are committed, in runs without a gap."""
    part: list[tuple[dict[str, Any], bytes]] = []
    for row, line in zip(rows, rows.lines()):
        if _short(line) in have.lines or (is_told(row) and row["op_id"] in have.told):
            if part:
                yield part
            part = []
        else:
            part.append((row, line))
    if part:
        yield part


def contents(repo: Repository, digests: set[str]) -> dict[str, str]:
    """The blobs of the digests the repository has; an op may name content that is nowhere."""
    found = {}
    for digest in sorted(digests):
        try:
            found[content_path(digest)] = repo.content.blob_id(digest)
        except KeyError:
            continue
    return found


def _exported(repo: Repository, log: OpLog) -> int:
    """The byte offset before which every op is committed; 0 when that cannot be known."""
    offset, kept = _marked(log)
    tip = own_tip(repo, "log") if offset else None
    return offset if tip is not None and (kept == tip or repo.is_ancestor(kept, tip)) else 0


def _marked(log: OpLog) -> tuple[int, str]:
    """Up to which offset of this very file ops were committed once, and the state of our ref that had them."""
    mark = load_json_file(log.folder / "exported.json")
    if not isinstance(mark, dict) or mark.get("log") != log.log_id() or type(mark.get("offset")) is not int:
        return 0, ""
    return mark["offset"], str(mark.get("tip"))


def _remember(log: OpLog, offset: int, tip: str) -> None:
    mark = {"log": log.log_id(), "offset": offset, "tip": tip}
    write_text_atomic(log.folder / "exported.json", json.dumps(mark) + "\n")


def _seen(log: OpLog) -> set[str]:
    """Blob ids of segments whose ops are in this log; none when it is another log than the one they went into, or if
    something of it was damaged since.
    """
    found = load_json_file(log.folder / "taken.json")
    if not isinstance(found, dict) or found.get("log") != log.log_id() or not isinstance(found.get("blobs"), list):
        return set()
    if found.get("damage", 0) != len(log.damage()):
        return set()  # what was lost here since may be in there
    return {name for name in found["blobs"] if isinstance(name, str)}


def _take(log: OpLog, blobs: set[str]) -> None:
    taken = {"log": log.log_id(), "blobs": sorted(blobs), "damage": len(log.damage())}
    write_text_atomic(log.folder / "taken.json", json.dumps(taken) + "\n")


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8", "surrogatepass")
    except ValueError:
        return None
