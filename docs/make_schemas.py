"""Write docs/schemas.json: a JSON Schema for what each verb prints with --json. `python docs/make_schemas.py`.

Keys are what is typed. A test validates real outputs against them; nothing may be missing, and nothing more may come.
Shapes that the library promises (operations, entries of a session) are taken from its own types.
"""

from __future__ import annotations

import json
import types
from pathlib import Path
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from muse import domain
from muse.core.op_log.entries import OpEntry

TARGET = Path(__file__).with_name("schemas.json")
Schema = dict[str, Any]

STR: Schema = {"type": "string"}
INT: Schema = {"type": "integer"}
BOOL: Schema = {"type": "boolean"}
STRS: Schema = {"type": "array", "items": STR}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}([0-9a-f]{24})?$"}
DIGEST: Schema = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
SIDE: Schema = {"enum": ["ours", "theirs", "base"]}


def obj(**fields: Schema) -> Schema:
    """An object with exactly these keys."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def rows(item: Schema) -> Schema:
    """An array of such things."""
    return {"type": "array", "items": item}


def named(value: Schema) -> Schema:
    """An object whose keys are names."""
    return {"type": "object", "additionalProperties": value}


def maybe(schema: Schema) -> Schema:
    """It, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """One of the shapes in `$defs`."""
    return {"$ref": f"#/$defs/{name}"}


def of_type(kind: Any) -> Schema:
    """The schema of a type that is plain JSON."""
    plain: dict[Any, Schema] = {str: STR, int: INT, bool: BOOL, Any: {}, type(None): {"type": "null"}}
    if kind in plain:
        return plain[kind]
    origin, args = get_origin(kind), get_args(kind)
    if kind == domain.DomainOp:
        return ref("op")
    if origin is NotRequired:
        return of_type(args[0])
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [of_type(arg) for arg in args]}
    if origin is list:
        return rows(of_type(args[0]))
    if is_typeddict(kind):
        hints = get_type_hints(kind, include_extras=True)
        made = obj(**{name: of_type(hint) for name, hint in hints.items()})
        return {**made, "required": [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]}
    raise TypeError(f"no schema for {kind}")


def conflict() -> Schema:
    """A ConflictRecord, field by field."""
    other: dict[str, Schema] = {"addresses": STRS, "detail": {"type": "object"}}
    return obj(**{name: other.get(name, STR) for name in domain.ConflictRecord.FIELDS})


COMMIT = {
    "id": ID,
    "tree": ID,
    "parents": rows(ID),
    "author": STR,
    "author_email": STR,
    "author_date": STR,
    "when": STR,
    "committer": STR,
    "committer_email": STR,
    "committer_date": STR,
    "refs": STRS,
    "message": STR,
}
NOTE: dict[str, Schema] = {
    "track": INT,
    "track_name": STR,
    "bar": INT,
    "beat": INT,
    "tick": INT,
    "channel": INT,
    "pitch": INT,
    "name": STR,
    "onset": INT,
    "length": INT,
    "velocity": INT,
    "address": STR,
}
REFS = rows(obj(name=STR, commit=ID, upstream=maybe(STR), current=BOOL, subject=STR))
OPS = [domain.InsertOp, domain.DeleteOp, domain.MoveOp, domain.ReplaceOp, domain.PatchOp]
PEER_CLAIM: dict[str, Schema] = {
    **dict.fromkeys(("id", "by", "branch", "until", "purpose"), STR),
    "addresses": STRS,
}
CLAIM: dict[str, Schema] = {
    "id": STR,
    "by": STR,
    "branch": STR,
    "addresses": STRS,
    "until": STR,
    "purpose": STR,
    "overlaps": rows(obj(by=STR, id=STR, addresses=STRS, until=STR)),
}

DEFS: dict[str, Schema] = {
    "op": {"anyOf": [of_type(kind) for kind in OPS]},
    "delta": obj(
        domain=STR,
        summary=STR,
        paths=rows(obj(status={"enum": ["A", "D", "M", "R", "C"]}, path=STR, summary=STR, op=ref("op"))),
    ),
    "conflict": conflict(),
    "element": obj(address=STR, kind=STR, summary=STR, content={}, content_id=DIGEST, lines=maybe(rows(INT))),
    "entry": of_type(OpEntry),
    "merge": obj(
        ours=ID,
        theirs=ID,
        bases=rows(ID),
        tree=ID,
        clean=BOOL,
        conflicts=rows(obj(path=STR, stages=named(obj(mode=STR, id=ID)))),
        messages=rows(obj(paths=STRS, kind=STR, text=STR)),
        paths=rows(
            obj(
                path=STR,
                domain=STR,
                clean=BOOL,
                git_clean=BOOL,
                notes=STRS,
                dimensions=named(STR),
                conflicts=rows(ref("conflict")),
            )
        ),
    ),
}
STATES = {"enum": [None, "merge", "rebase", "rebase or am", "cherry-pick", "revert", "bisect"]}
LETTER = {"type": "string", "maxLength": 1}
NUM: Schema = {"type": "number"}


def row(*items: Schema) -> Schema:
    """An array of exactly these things."""
    return {"type": "array", "prefixItems": list(items), "minItems": len(items), "maxItems": len(items), "items": False}


BY_SIDE = {"type": "object", "propertyNames": {"pattern": "^[0-3]$"}}
MUSIC = obj(
    sides=STRS,
    width=NUM,
    tracks=rows(obj(name=STR, channel=INT, program=INT, instrument=STR)),
    bars=rows(row(NUM, INT, NUM)),
    tempo={**BY_SIDE, "additionalProperties": rows(row(NUM, INT))},
    signs=rows(row(NUM, STR, INT)),
    notes=rows(row(INT, INT, INT, NUM, NUM, INT, INT)),
    lanes=rows(
        obj(name=STR, track=INT, low=INT, high=INT, points={**BY_SIDE, "additionalProperties": rows(row(NUM, INT))})
    ),
    marks=rows(row(INT, NUM, maybe(INT))),
    controls={**BY_SIDE, "additionalProperties": rows(row(NUM, INT, INT, INT))},
    flats=BOOL,
    gaps={**BY_SIDE, "additionalProperties": rows(row(NUM, NUM))},
)
CHANGE = {
    "type": "object",
    "properties": {
        "op": {"enum": ["insert", "delete", "move", "replace", "patch", "more"]},
        "name": STR,
        "said": STR,
        "old": STR,
        "new": STR,
        "inside": rows(ref("change")),
        "more": INT,
    },
    "required": ["op", "name", "said"],
    "additionalProperties": False,
}
REVIEW: dict[str, Schema] = {
    "ours": ID,
    "theirs": ID,
    "in_progress": BOOL,
    "paths": rows(
        obj(path=STR, git={"enum": ["clean", "conflict"]}, result={"enum": ["muse", "work tree", "edited"]}, notes=STRS)
    ),
}
PAGE = {
    **obj(
        title=STR,
        about=rows(row(STR, STR)),
        message=STR,
        choices=BOOL,
        version=STR,
        files=rows(
            obj(
                id=STR,
                path=STR,
                said=STR,
                note=STR,
                conflicts=rows(
                    obj(
                        address=STR,
                        kind=STR,
                        base=STR,
                        ours=STR,
                        theirs=STR,
                        hint=STR,
                        both=BOOL,
                        texts=maybe(obj(base=STR, ours=STR, theirs=STR)),
                        offers=rows(obj(choice=STR, name=STR, text=STR, sure=NUM, reason=STR)),
                    )
                ),
                groups=rows(obj(address=STR, words=STR, track=maybe(INT), conflicts=rows(INT))),
                music=maybe(MUSIC),
                texts=rows(
                    obj(**{"from": STR}, to=STR, lines=maybe(rows(row({"enum": ["add", "del", "same", "hunk"]}, STR))))
                ),
                changes=rows(ref("change")),
            )
        ),
        commits=rows(
            obj(
                id=STR,
                subject=STR,
                author=STR,
                date=STR,
                refs=STRS,
                here=BOOL,
                column=INT,
                edges=rows(row(INT, INT)),
                address=STR,
                said=STR,
            )
        ),
        links=rows(row(STR, STR)),
    ),
    "description": "What muse render and muse mergetool hand to the page (web/src/model.ts); 24 units to a quarter",
}

ZONE: Schema = {"type": "array", "items": NUM, "minItems": 12, "maxItems": 12}
SOUNDS: Schema = {
    **obj(programs=named(rows(ZONE)), drums=rows(ZONE), samples=rows(row(STR, NUM, NUM, NUM))),
    "description": "The instruments of a page (web/src/bank.ts): zones by program, drums, samples as Ogg in base64",
}

VERBS: dict[str, Schema] = {
    "status": obj(
        branch=maybe(STR),
        commit=maybe(ID),
        upstream=maybe(STR),
        ahead=maybe(INT),
        behind=maybe(INT),
        state=STATES,
        clean=BOOL,
        paths=rows(
            obj(
                kind={"enum": ["changed", "renamed", "unmerged", "untracked"]},
                path=STR,
                old_path=maybe(STR),
                staged=LETTER,
                unstaged=LETTER,
                summary=STR,
                delta=maybe(ref("op")),
            )
        ),
    ),
    "log": rows(obj(**COMMIT, delta=maybe(ref("delta")))),
    "log --symbol": rows(obj(**COMMIT, delta={"type": "null"}, address=STR, before=maybe(STR))),
    "show": rows(obj(**COMMIT, delta=ref("delta"))),
    "diff": ref("delta"),
    "blame": rows(obj(commit=ID, line=INT, author=STR, author_email=STR, path=STR, author_time=INT, text=STR)),
    "blame --notes": rows(obj(commit=ID, **NOTE)),
    "blame --bars": rows(obj(track=INT, track_name=STR, bar=INT, commits=named(INT))),
    "grep-notes": rows(obj(path=STR, **NOTE)),
    "review": obj(**REVIEW),
    "review A..B": obj(merges=rows(obj(commit=ID, **REVIEW))),
    "merge --dry-run": ref("merge"),
    "merge-tree": ref("merge"),
    "bot": obj(
        base=STR,
        head=STR,
        needed=BOOL,
        clean=BOOL,
        commit={"type": "string", "pattern": "^([0-9a-f]{40}([0-9a-f]{24})?)?$"},
        branch=STR,
        pushed=BOOL,
        kept=BOOL,
        comment={"enum": ["", "made", "replaced", "unchanged"]},
        merged=STRS,
        left=STRS,
    ),
    "import": obj(commits=named(ID), branches=named(STR), tags=named(STR)),
    "branch": REFS,
    "tag": REFS,
    "conflicts": rows(
        obj(
            path=STR,
            picks=named(STR),
            conflicts=rows(ref("conflict")),
            suggestions=named(rows(obj(choice=STR, sure={"type": "number"}, reason=STR, text=STR))),
            groups=rows(obj(address=STR, kind=STR, bars={"type": ["array", "null"], "items": INT}, conflicts=STRS)),
            stages={"type": "object", "propertyNames": SIDE, "additionalProperties": obj(mode=STR, id=ID)},
        )
    ),
    "conflicts --joined": rows(obj(path=STR, joined=rows(ref("conflict")))),
    "symbols": rows(ref("element")),
    "claim": obj(**CLAIM, intent=STR),
    "release": STRS,
    "claims": obj(
        claims=rows(obj(**CLAIM)),
        editing=rows(obj(session=STR, actor=STR, path=STR, address=STR, ops=INT, last=STR)),
        elsewhere=rows(obj(**PEER_CLAIM, session=STR, who=STR)),
    ),
    "notes": rows(ref("element")),
    "doctor": rows(obj(check=STR, state={"enum": ["ok", "note", "bad"]}, text=STR, mend=STR)),
    "verify": rows(obj(where=STR, why=STR, repaired=BOOL)),
    "session start": obj(session=STR, folder=STR, writer=STR),
    "session append": {
        "anyOf": [
            obj(ack=DIGEST, lamport=INT, sequence=INT),
            {**obj(error=STR, code=STR, now={}), "required": ["error", "code"]},
        ],
        "description": "one object a line, --json or not",
    },
    "session follow": {**ref("entry"), "description": "one object a line, --json or not"},
    "session show": {**ref("entry"), "description": "one object a line"},
    "session status": obj(
        session=STR,
        ops=INT,
        uncommitted=INT,
        waiting=rows(DIGEST),
        missing_content=rows(DIGEST),
        actors=STRS,
        damage=rows({"type": "object"}),
        checkpoint=maybe(obj(snapshot_id=STR, created_at=STR, op_count=INT)),
        branch=maybe(STR),
        delivered=INT,
        rejected=STRS,
        dropped=STRS,
        dropped_in=named(STRS),
        elsewhere=rows(obj(commit=ID, branch=STR, by=STR)),
        unbacked=named(STRS),
        told_expunged=named(STR),
        lost_in_merges=rows(obj(merge=ID, path=STR, ops=STRS)),
        live=maybe(
            obj(
                address=STR,
                pid=maybe(INT),
                connected=BOOL,
                problem=STR,
                unsent=INT,
                behind=INT,
                peers=rows(obj(writer=STR, who=STR, branch=STR, behind=INT, claims=rows(obj(**PEER_CLAIM)))),
                refused=named(INT),
                missing=INT,
                too_large=STRS,
            )
        ),
    ),
    "session commit": obj(
        commit=maybe(ID),
        snapshot_id=STR,
        ops=INT,
        changed=STRS,
        external=STRS,
        overridden=STRS,
        rejected=STRS,
        waiting=INT,
    ),
    "session expunge": obj(ops=STRS, left=STRS),
    "session undo": obj(undone=STRS, ops=STRS, left=STRS),
    "session list": STRS,
    "gc": obj(
        absorbed=STRS,
        apart=rows(obj(ref=STR, path=STR, why=STR)),
        deleted=STRS,
        archived=rows(obj(session=STR, archived=INT, given_up=INT)),
        kept=STRS,
    ),
    "solve": obj(path=STR, conflicts_before=INT, conflicts_left=INT, conflicts=rows(ref("conflict"))),
    "languages": rows(obj(language=STR, files=STRS, grammar=STR, available=BOOL, commutative=STRS)),
    "domains": rows(
        obj(
            domain=STR,
            patterns=STRS,
            elsewhere=named(STR),
            description=STR,
            merge_mode=STR,
            dimensions=named(STR),
            error=STR,
        )
    ),
    "sync": obj(
        remote=STR,
        fetched=INT,
        pushed=INT,
        branch=maybe(STR),
        action=STR,
        commit=maybe(ID),
        problem=STR,
        repairs=STRS,
    ),
}


def reference() -> str:
    """The whole file."""
    page = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What muse prints with --json, by what is typed",
        "description": "Written by docs/make_schemas.py. Keys may be added in later versions; none is renamed or lost.",
        "$defs": {**DEFS, "change": CHANGE, "page": PAGE, "sounds": SOUNDS},
        "properties": VERBS,
    }
    return json.dumps(page, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
