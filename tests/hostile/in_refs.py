"""Hostile things under `refs/muse*` and in Git's objects: what a server can send, or a copied folder can hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.hostile.quarry import EVIL, OURS, WRITER, Quarry, as_json, insert, log_lines

ZERO = "0" * 40


def _segment(at: Quarry, data: bytes, first: int = 1, last: int = 1, instance: str = "abcd") -> dict[str, str]:
    shard = hashlib.sha256(data).hexdigest()[:2]
    return {f"jam/{instance}/{shard}/{first:010d}-{last:010d}.jsonl": at.blob(data)}


def _delta_place(at: Quarry) -> str:
    base, tree = at.git("rev-parse", "HEAD~1^{tree}"), at.git("rev-parse", "HEAD^{tree}")
    return f"deltas/{tree[:2]}/{base}-{tree}.json"


def _nested(at: Quarry, inner: str, fan: int, depth: int) -> str:
    for level in range(depth):
        inner = at.tree(("40000", f"{level}{number:04d}", inner) for number in range(fan))
    return inner


def nested_folders_in_the_log(at: Quarry) -> None:
    leaf = at.tree(("100644", f"{n:010d}-{n:010d}.jsonl", at.blob(b"x")) for n in range(1000))
    shards = at.tree(("40000", f"{n:02x}", leaf) for n in range(256))
    deep = _nested(at, shards, 300, 2)
    rows = [("100644", "format", at.blob(b"muse 2\n")), ("40000", "jam", deep)]
    at.point("log", at.commit(at.tree(rows)))


def nested_folders_in_the_meta(at: Quarry) -> None:
    leaf = at.tree(("100644", f"{n:064x}", at.blob(b"x")) for n in range(1000))
    rows = [("40000", "crdt", _nested(at, leaf, 256, 3)), ("40000", "deltas", _nested(at, leaf, 256, 4))]
    at.point("meta", at.commit(at.tree([*rows, ("100644", "format", at.blob(b"muse 1\n"))])))


def a_folder_two_thousand_deep(at: Quarry) -> None:
    deep = at.folder({"x": at.blob(b"x")})
    for _ in range(2000):
        deep = at.tree([("40000", "jam", deep)])
    for kind in ("log", "meta"):
        rows = [("100644", "format", at.blob(b"muse 2\n")), ("40000", "jam", deep)]
        at.point(kind, at.commit(at.tree(rows)))


def twenty_thousand_refs(at: Quarry) -> None:
    """Each with a tip and a tree of its own would be a large repository; these share a few."""
    tips = [at.commit(at.folder({"format": at.blob(b"muse 2\n"), "jam/name": at.blob(b"jam")}), message=b"%d\n" % n)
            for n in range(20)]  # fmt: skip
    rows = [(f"{EVIL}/{kind}/{n:020x}", tips[n % 20]) for n in range(10_000) for kind in ("log", "meta")]
    rows += [(f"{OURS}/log/{n:020x}", tips[0]) for n in range(2_000)]
    rows += [(f"refs/heads/{name}", at.git("rev-parse", name)) for name in ("main", "topic")]
    at.packed(rows)


def a_chain_for_each_of_many_writers(at: Quarry) -> None:
    """Tips of their own, one on top of the other at the remote: each a question whether one contains the other."""
    tree = at.folder({"format": at.blob(b"muse 2\n"), "jam/name": at.blob(b"jam")})
    rows = [(f"refs/heads/{name}", at.git("rev-parse", name)) for name in ("main", "topic")]
    for n in range(3_000):
        old = at.commit(tree, message=b"%d\n" % n)
        new = at.commit(tree, old, message=b"%d\n" % n)
        here, there = (old, new) if n % 2 else (new, old)
        rows += [(f"{OURS}/log/{n:020x}", here), (f"{EVIL}/log/{n:020x}", there)]
    at.packed(rows)


def a_lost_object_among_many_writers(at: Quarry) -> None:
    """Which of the refs is hurt was asked of git for each."""
    rows = [(f"refs/heads/{name}", at.git("rev-parse", name)) for name in ("main", "topic")]
    for n in range(2_000):
        tree = at.folder({"format": at.blob(b"muse 2\n"), "jam/name": at.blob(b"jam"), "jam/x": at.blob(b"%d" % n)})
        rows.append((f"{EVIL}/log/{n:020x}", at.commit(tree, message=b"%d\n" % n)))
    at.packed(rows)
    for n in (7, 1_234):
        at.loose(at.blob(b"%d" % n)).unlink()


def twenty_thousand_branches_and_tags(at: Quarry) -> None:
    head = at.git("rev-parse", "HEAD")
    rows = [(f"refs/{kind}/x{n:05d}", head) for n in range(10_000) for kind in ("heads", "tags")]
    at.packed([*rows, *((f"refs/heads/{name}", at.git("rev-parse", name)) for name in ("main", "topic"))])


def files_of_two_hundred_megabytes(at: Quarry) -> None:
    """Each a few hundred KB as it travels."""
    big = at.zeros(200 << 20)
    at.muse("log", {"jam/name": big, "jam/checkpoint.json": big, f"content/ab/{'ab' * 32}": big,
                    "jam/abcd/00/0000000001-0000000001.jsonl": big})  # fmt: skip
    tree = at.git("rev-parse", "HEAD^{tree}")
    at.muse("meta", {_delta_place(at): big, f"crdt/{tree[:2]}/{tree}/state.json": big})
    rows = [("100644", "format", big)]
    at.point("log", at.commit(at.tree(rows)), writer="f" * 20)


def a_line_of_fifty_megabytes(at: Quarry) -> None:
    op = insert("x" * 100, b"")
    head = as_json({"actor_id": "eve", "domain": "files", "domain_op": op})[:-1] + b',"x":"'
    at.muse("log", {"jam/name": at.blob(b"jam"),
                    "jam/abcd/00/0000000001-0000000001.jsonl": at.zeros(50 << 20, head, b"y")})  # fmt: skip


def a_million_short_lines(at: Quarry) -> None:
    at.muse("log", {"jam/name": at.blob(b"jam"), **_segment(at, b"{}\n" * 1_000_000, 1, 1_000_000)})
    at.muse("log", {"jam/name": at.blob(b"jam"), **_segment(at, b"\n" * 20_000_000, 1, 99)}, writer="f" * 20)


def deltas_of_nonsense(at: Quarry) -> None:
    place = _delta_place(at)
    deep = b"[" * 100_000 + b"]" * 100_000
    for number, data in enumerate(
        [
            deep, b"{", b"null", b"[]", b'{"delta":' + deep + b"}", b'{"format":1}', b'{"delta":null,"format":1}',
            b'{"delta":{"domain":"code","ops":[' + b",".join([b"1"] * 100_000) + b'],"summary":1},"format":1}',
            b'{"delta":{"domain":"files","ops":[{"address":"\\u001b]0;x\\u0007","op":"insert"}],"summary":"\\u202e"}'
            b',"format":1,"plugins":{"files":"0.1.0"}}',
            b'{"format":1e999,"delta":NaN}', b'{"format":' + b"9" * 10_000 + b"}", b"\xff\xfe\x00", b"",
        ]
    ):  # fmt: skip
        at.muse("meta", {place: at.blob(data)}, writer=f"{number:020x}")


def a_delta_of_a_hundred_thousand_ops(at: Quarry) -> None:
    ops = [{"address": "lib.py", "op": "patch", "child_ops": [], "child_domain": "code", "child_summary": "x" * 50}]
    delta = {"domain": "code", "ops": ops * 100_000, "summary": "y"}
    at.muse("meta", {_delta_place(at): at.blob(as_json({"delta": delta, "format": 1, "plugins": {"code": "0.1.0"}}))})


def large_deltas_for_a_whole_history(at: Quarry) -> None:
    """Each a few hundred KB as it travels, and half a second to take apart."""
    op = {"address": "lib.py", "op": "patch", "child_ops": [], "child_domain": "code", "child_summary": "x" * 50}
    body = {
        "delta": {"domain": "code", "ops": [op] * 90_000, "summary": "y"},
        "format": 1,
        "plugins": {"code": "0.1.0"},
    }
    files = {}
    for n in range(40):
        at.write({"lib.py": f"def first():\n    return {n}\n"}, f"{n}")
        files[_delta_place(at)] = at.blob(as_json({**body, "plugins": {"code": f"0.1.{n}"}}))
    at.muse("meta", files)


def states_of_nonsense(at: Quarry) -> None:
    """States of joins for every tree there is, with rules that ask for joins."""
    at.write({".museattributes": '[[rules]]\npath = "*"\ndimension = "*"\nstrategy = "join"\n'})
    trees = at.git("log", "--all", "--format=%T").split()
    deep = b"[" * 50_000 + b"]" * 50_000
    wide = as_json({"crdt_state": {f"p{n}": f"sha256:{n:064x}" for n in range(20_000)}, "domain": "code", "format": 1,
                    "schema_version": "0.1.0", "vclock": {f"w{n}": 2**60 for n in range(20_000)}})  # fmt: skip
    files = {}
    for number, tree in enumerate(trees):
        path = hashlib.sha256(b"lib.py").hexdigest()
        data = [deep, wide, b"{}", b'{"crdt_state":{"lib.py":5}}', b'{"vclock":{"a":-1}}'][number % 5]
        files[f"crdt/{tree[:2]}/{tree}/state.json"] = at.blob(data)
        files[f"crdt/{tree[:2]}/{tree}/{path}"] = at.blob(deep if number % 2 else b'{"elements":[1,2]}')
    at.muse("meta", files)


def refs_of_wrong_kinds(at: Quarry) -> None:
    blob, tree = at.blob(b"x"), at.folder({"format": at.blob(b"muse 2\n")})
    tagged = at.raw("tag", f"object {blob}\ntype blob\ntag t\ntagger E <e> 1 +0000\n\nt\n".encode())
    for _ in range(300):
        tagged = at.raw("tag", f"object {tagged}\ntype tag\ntag t\ntagger E <e> 1 +0000\n\nt\n".encode())
    lie = at.raw("tag", f"object {blob}\ntype commit\ntag t\ntagger E <e> 1 +0000\n\nt\n".encode())
    for number, oid in enumerate([blob, tree, tagged, lie, at.commit(blob), at.commit(tree, blob), at.commit(ZERO)]):
        for kind in ("log", "meta"):
            at.point(kind, oid, writer=f"{number:020x}")
    at.ref("refs/muse", blob) if not (at.git_dir / "refs/muse").exists() else None
    at.ref(f"{EVIL}/log/symbolic", "ref: refs/heads/main")
    at.ref(f"{EVIL}/log/loop", f"ref: {EVIL}/log/loop")
    at.ref(f"{EVIL}/meta/nowhere", "ref: refs/heads/none")
    at.ref(f"{EVIL}/strange/thing", tree)
    at.ref(f"{OURS}/strange/a/b/c/d", at.git("rev-parse", "HEAD"))


def refs_whose_objects_are_lost(at: Quarry) -> None:
    log = {"jam/name": at.blob(b"jam"), **_segment(at, b"x\n")}
    for number, what in enumerate(["commit", "tree", "blob", "parent", "folder"]):
        tree = at.folder({"format": at.blob(b"muse 2\n"), **log, f"{number}/name": at.blob(b"%d" % number)})
        tip = at.commit(tree, *(["1" * 40] if what == "parent" else []), message=b"%d\n" % number)
        gone = {"commit": tip, "tree": tree, "blob": at.blob(b"%d" % number)}.get(what)
        if what == "folder":
            gone = at.git("rev-parse", f"{tree}:{number}")
        at.point("log", tip, writer=f"{number:020x}")
        at.point("meta", tip, writer=f"{number:020x}")
        if gone:
            at.loose(gone).unlink()


def refs_whose_objects_are_damaged(at: Quarry) -> None:
    for number, spoil in enumerate([b"", b"x\x9cgarbage", b"\0" * 500, None]):
        for part in ("commit", "tree", "blob"):
            name = at.blob(f"{number}{part}".encode())
            tree = at.folder({"format": at.blob(b"muse 2\n"), "jam/name": name, "jam/x": at.blob(part.encode())})
            tip = at.commit(tree, message=f"{number}{part}\n".encode())
            place = at.loose({"commit": tip, "tree": tree, "blob": name}[part])
            data = place.read_bytes()
            at.point("log", tip, writer=f"{number}{part:x<19}")
            place.write_bytes(data[: len(data) // 2] if spoil is None else spoil)


def forged_ops(at: Quarry) -> None:
    """Sealed as a writer of theirs would, with paths that lead out and into Git."""
    scratch = at.root.parent / (at.root.name + ".scratch")
    paths = ["../../escaped", ".git/hooks/post-commit", ".git/config", "/tmp/escaped", "a/../../b", ".GIT/config",
        "", ".",
             "a//b", "\x1b[31mred.py", "‮gnp.py", "con", "x" * 5000, "/".join("y" * 3000), "a\nb", "a\\..\\b",
                 "git~1/config",
             ".git\u200c/config", "lib.py/inside", "$(touch RAN).py", "-rf", ".gitmodules",
                 ".gitattributes"]  # fmt: skip
    lines = log_lines(scratch, WRITER, [insert(path, b"#!/bin/sh\ntouch RAN\n") for path in paths if "\0" not in path])
    rows = [json.loads(line) for line in lines.splitlines()]
    at.muse("log", {"jam/name": at.blob(b"jam"), **_segment(at, lines, 1, len(rows), rows[0]["instance"])})


def forged_ops_that_edit_what_is_there(at: Quarry) -> None:
    scratch = at.root.parent / (at.root.name + ".scratch")
    wrong = "sha256:" + "a" * 64
    places = ["lib.py::first", "lib.py::" + "a." * 5000 + "b", "song.mid::track:0/note:1:1:0:0:74#0/velocity",
        "lib.py::\x1b[2J",
              "song.mid::track:99999999999999999999/note:1", "song.mid::" + "/" * 1000, "notes.txt::x",
                  "lib.py::first::second"]  # fmt: skip
    ops: list[dict[str, object]] = []
    for place in places:
        ops.append({"op": "delete", "address": place, "position": None, "content_id": wrong, "content_summary": ""})
        ops.append({"op": "replace", "address": place, "position": 2**60, "old_content_id": wrong,
            "new_content_id": wrong,
                    "old_summary": "\x1b]52;c;x\x07", "new_summary": "‮", "content_b64": "eA=="})  # fmt: skip
        ops.append({"op": "move", "address": place, "from_position": -1, "to_position": 2**62, "content_id": wrong})
    for domain in ("midi", "code"):
        ops.append({"op": "patch", "address": "song.mid" if domain == "midi" else "lib.py",
            "child_ops": ops[:3] * 200,
                    "child_domain": domain, "child_summary": "x"})  # fmt: skip
    lines = log_lines(scratch, WRITER, ops)
    rows = [json.loads(line) for line in lines.splitlines()]
    at.muse("log", {"jam/name": at.blob(b"jam"), **_segment(at, lines, 1, len(rows), rows[0]["instance"])})


def sessions_with_names_that_act(at: Quarry) -> None:
    for number, name in enumerate(
        ["\x1b]0;owned\x07", "‮evil", "a\nb", "$(touch RAN)", "-x", "../../x", "\x9b31m", "é" * 3000]
    ):
        from muse.core.paths import encode_name

        folder = encode_name(name)
        at.muse("log", {f"{folder}/name": at.blob(name.encode())}, writer=f"{number:020x}")


def ten_thousand_sessions(at: Quarry) -> None:
    name = at.blob(b"x")
    at.muse("log", {f"s{n}/name": at.blob(b"s%d" % n) if n < 500 else name for n in range(10_000)})


def checkpoints_that_claim(at: Quarry) -> None:
    head = at.git("rev-parse", "HEAD")
    shape = {"session_id": "jam", "snapshot_id": "x", "lamport_ts": 2**52, "op_count": 10**9, "created_at": "9999"}
    ids = {f"{n:020x}/i": 2**40 for n in range(20_000)}
    delivery = {"branch": "refs/heads/main", "commit": head, "id": "ab", "made_at": "", "message": "\x1b[31m",
                "ops": {f"{WRITER}/i": [[1, 2**40]]}, "parent": head, "rejected": []}  # fmt: skip
    lost = {**delivery, "commit": "1" * 40, "parent": "2" * 40, "ops": {f"{WRITER}/i": [[n, n] for n in range(5000)]}}
    claims = [
        {**shape, "positions": ids, "holes": {key: list(range(200)) for key in list(ids)[:1000]}},
        {**shape, "positions": {}, "deliveries": [{**delivery, "id": f"{n:x}"} for n in range(3000)]},
        {**shape, "positions": {}, "deliveries": [lost] * 50, "paths": {"../x": None, "\x1b": "sha256:x"}},
        {**shape, "positions": {}, "rewritten": {head: [head] * 10_000}, "repaired": {head: head}},
        {**shape, "positions": {}, "expunged": {f"sha256:{n:064x}": "x/y/1" for n in range(20_000)}},
        {**shape, "positions": {}, "roots": ["1" * 40] * 10_000},
    ]
    for number, claim in enumerate(claims):
        files = {"jam/name": at.blob(b"jam"), "jam/checkpoint.json": at.blob(as_json(claim))}
        at.muse("log", files, writer=f"{number:020x}")


def commits_nobody_would_write(at: Quarry) -> None:
    """On a branch that people look at: odd headers, times, encodings and messages."""
    tree, head = at.git("rev-parse", "HEAD^{tree}"), at.git("rev-parse", "HEAD")
    lines = [
        b"author  <> 99999999999999999999 +9999\ncommitter C <c> -5 -9999\n",
        b"author \x1b[31mE\x1b]0;x\x07 <\xe2\x80\xae> 1 +0000\ncommitter \xff\xfe <x> 1 +0000\nencoding UTF-7\n",
        b"author A <a> 1 +0000\ncommitter C <c> 1 +0000\nencoding \xff\xff\ngpgsig " + b"x" * 100_000 + b"\n",
        b"author A <a> 1 +0000\ncommitter C <c> 1 +0000\nencoding idna\n",
        b"author A\x1fB\x1f\x1f\x1f\x1f\x1f\x1f\x1f\x1fwell <a> 1 +0000\ncommitter C\x01t <c> 1 +0000\n",
        b"author +AAA-A+AB8- <a> 1 +0000\ncommitter +AAA- <c> 1 +0000\nencoding UTF-7\n",
        b"author A <a> 1 +0000\ncommitter C <c> 1 +0000\n" + b"x y\n" * 50_000,
        b"author A\ncommitter\n", b"", b"author A <a> x y\ncommitter C <c> \n",
    ]  # fmt: skip
    texts = [b"\x1b[2J\x1b]52;c;aGk=\x07\n", b"\xe2\x80\xaeevil\n", b"a" * 5_000_000 + b"\n", b"x\n" * 500_000,
        b"\0\0\0", b"+AAA-+AB8-\n+AAA-\n", b"a\x1fb\x01t c\n", b"", b"\r\r\n",
             b"fixup! \x9b31m"]  # fmt: skip
    for header, text in zip(lines, texts):
        head = at.raw("commit", b"tree %s\nparent %s\n%s\n%s" % (tree.encode(), head.encode(), header, text))
    at.git("update-ref", "refs/heads/odd", head)
    sane = at.commit(tree, head, at.git("rev-parse", "main"), message=b"on top\n")
    at.git("update-ref", "refs/heads/main", sane)


def a_merge_of_a_thousand_parents(at: Quarry) -> None:
    tree, head = at.git("rev-parse", "HEAD^{tree}"), at.git("rev-parse", "HEAD")
    parents = [at.commit(tree, head, message=b"%d\n" % n) for n in range(1000)]
    at.git("update-ref", "refs/heads/main", at.commit(tree, head, *parents))


def writers_of_ours_as_they_say(at: Quarry) -> None:
    """A peer's refs under our own name, and under names that are none."""
    tree = at.folder({"format": at.blob(b"muse 2\n"), "jam/name": at.blob(b"jam")})
    for name in ("a.b", "x" * 200, "\u202e", "UPPER", "%00", "-n", "$(touch RAN)"):
        at.ref(f"{EVIL}/log/{name}", at.commit(tree, message=name.encode()))
    (at.git_dir / "muse").mkdir(exist_ok=True)


CASES = {name: made for name, made in list(globals().items()) if callable(made) and not name.startswith("_")
         and getattr(made, "__module__", "") == __name__}  # fmt: skip
_ = Path
