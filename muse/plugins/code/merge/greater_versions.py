"""Both sides raised one dependency: the greater version is the answer, where the kind of file says what is one.

Done before the merge: the side with the smaller version is given the greater one, and the rest merges as usual, under
the same law. Only where both sides went forward from the base, and never for the project's own version. What names a
dependency is a pattern per kind of file; locked packages are taken whole, hashes and all. A kind has a row only where
people commit the greater one (`benchmarks/greater_versions.py` counts), or where the tool itself takes it: what
`go.mod` asks for is the least that is needed, and Go builds with the greatest of all that is asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from muse.core.late import regex

_VERSION = rb"v?\d+(?:\.\d+)*(?:[-+._]?[A-Za-z0-9]+(?:[-+.][A-Za-z0-9]+)*)?"
_MAX_BYTES = 3_000_000  # as far as the law is asked of a result


class Kind(NamedTuple):
    """Files whose path matches `path`: `entry` finds what is versioned; its groups are `name`, `pre` (a range's sign)
    and `version`. `within`: the section it has to stand in, matched against the nearest line before that begins one
    (`section`). `whole`: the entry goes as a whole, not its version alone."""

    path: str
    entry: bytes
    section: bytes = b""
    within: bytes = b""
    whole: bool = False


KINDS = (
    Kind(
        r"(^|/)([^/]*(requirements|constraints)[^/]*\.(txt|in)|requirements/[^/]*\.(txt|in))$",
        rb"^(?P<name>[A-Za-z0-9._-]+(?:\[[^\]\n]*\])?) *(?P<pre>==|>=|~=) *(?P<version>" + _VERSION + rb")"
        rb"(?=[ ;\r\n]|$)"
        rb"(?P<rest>(?:[^\n]*\\\r?\n)*[^\n]*)",
    ),
    Kind(
        r"(^|/)package\.json$",
        rb"^[ \t]+\"(?P<name>[^\"\n]+)\": *\"(?P<pre>[~^]|>=)?(?P<version>" + _VERSION + rb")\"",
        rb"^[ \t]*\"(\w+)\": *\{",
        rb"(dev|peer|optional|)[dD]ependencies|resolutions|overrides",
    ),
    Kind(
        r"(^|/)composer\.json$",
        rb"^[ \t]+\"(?P<name>[^\"\n]+/[^\"\n]+)\": *\"(?P<pre>[~^]|>=)?(?P<version>" + _VERSION + rb")\"",
        rb"^[ \t]*\"([\w-]+)\": *\{",
        rb"require(-dev)?",
    ),
    Kind(
        r"(^|/)(cargo|pyproject|pipfile)(\.toml)?$",
        rb"^(?P<name>[\w.-]+|\"[^\"\n]+\") *= *(?:\{[^\n]*?\bversion *= *)?\"(?P<pre>[~^=]|>=|==|~=)? *(?P<version>"
        + _VERSION
        + rb")\"",
        rb"^\[+([^\]\n]+)\]",
        rb"(.*[.-])?dependencies(\..*)?|(dev-)?packages",
    ),
    Kind(
        r"\.versions\.toml$",
        rb"^(?P<name>[\w.-]+) *= *\"(?P<pre>)(?P<version>" + _VERSION + rb")\"",
        rb"^\[([^\]\n]+)\]",
        rb"versions",
    ),
    Kind(
        r"(^|/)pyproject\.toml$",
        rb"^[ \t]+\"(?P<name>[\w.-]+(?:\[[^\]\n]*\])?) *(?P<pre>>=|==|~=) *(?P<version>" + _VERSION + rb")\",?",
    ),
    Kind(
        r"\.gradle(\.kts)?$",
        rb"[\"'](?P<name>[\w.-]+:[\w.-]+):(?P<pre>)(?P<version>" + _VERSION + rb")[\"']",
    ),
    Kind(
        r"(^|/)(gemfile|[^/]*\.gemspec)$",
        rb"^[ \t]*(?:\w+\.)?(?P<name>(?:gem|add\w*_dependency)[ (]+[\"'][\w.-]+[\"']), *[\"'](?P<pre>(?:~>|>=|=) *)?"
        rb"(?P<version>" + _VERSION + rb")[\"']",
    ),
    Kind(
        r"\.(cs|fs|vb)proj$|\.props$",
        rb"<(?P<name>Package(?:Reference|Version) (?:Include|Update)=\"[^\"\n]+\") Version=\"(?P<pre>)(?P<version>"
        + _VERSION
        + rb")\"",
    ),
    Kind(
        r"(^|/)(pom\.xml|[^/]*\.pom)$",
        rb"<(?:dependency|plugin|extension)>\s*(?P<name>(?:<groupId>[^<\n]*</groupId>\s*)?<artifactId>[^<\n]*</artifactId>)"
        rb"\s*<version>(?P<pre>)(?P<version>" + _VERSION + rb")</version>",
    ),
    Kind(
        r"(^|/)\.github/(workflows|actions)/.*\.ya?ml$",
        rb"\buses: *(?P<name>[\w.-]+/[\w./-]+)(?P<pre>)@(?:(?P<sha>[0-9a-f]{40}) +# *)?(?P<version>" + _VERSION + rb")"
        rb"(?=\s)",
    ),
    Kind(
        r"(^|/)\.pre-commit-config\.ya?ml$",
        rb"\brepo: *(?P<name>\S+)\s+rev: *[\"']?(?P<pre>)(?:(?P<sha>[0-9a-f]{40}) +# *(?:frozen: *)?)?(?P<version>"
        + _VERSION
        + rb")(?=[\"'\s])",
    ),
    Kind(
        r"(^|/)(cargo|poetry|uv|pdm)\.lock$",
        rb"^\[\[package\]\]\nname = (?P<name>\"[^\"\n]+\")\nversion = \"(?P<pre>)(?P<version>" + _VERSION + rb")\"\n"
        rb"(?=(?:[^\n\[][^\n]*\n)*?(?:source = (?:\"registry|\"git|\{ registry)|description|summary|files))"
        rb"(?:[^\n]+\n)*(?:\n\[package\.[^\n]*\n(?:[^\n]+\n)*)*",
        whole=True,
    ),
    Kind(
        r"(^|/)yarn\.lock$",
        rb"^\"?(?P<name>@?[^@\s\"]+)@[^\n]*:\n  \"?version\"?:? \"?(?P<pre>)(?P<version>"
        + _VERSION
        + rb")\"?\n(?:  [^\n]*\n)*",
        whole=True,
    ),
    Kind(
        r"(^|/)(package-lock|npm-shrinkwrap)\.json$",
        rb"^(?P<in>[ ]{4})\"(?P<name>[^\"\n]+)\": \{\n +\"version\": \"(?P<pre>)(?P<version>" + _VERSION + rb")\",\n"
        rb"(?:(?P=in) [^\n]*\n)*(?P=in)\}",
        whole=True,
    ),
    Kind(
        r"(^|/)composer\.lock$",
        rb"^(?P<in>[ ]{8})\{\n +\"name\": \"(?P<name>[^\"\n]+)\",\n +\"version\": \"(?P<pre>)(?P<version>"
        + _VERSION
        + rb")\",\n(?:(?P=in) [^\n]*\n)*(?P=in)\}",
        whole=True,
    ),
    Kind(
        r"(^|/)go\.mod$",
        rb"^(?:require )?[ \t]*(?P<name>go|[\w~-]+[./][\w.~/-]+) (?P<pre>)(?P<version>" + _VERSION + rb")"
        rb"(?=[ \t]*(?://|\r?$))",
        rb"^(?:(\w+) \(|(\)))",
        rb"(require|\)|)",
    ),
    Kind(
        r"\.pot?$",
        rb"^\"(?P<name>(?:POT-Creation|PO-Revision)-Date): (?P<pre>)(?P<version>\d{4}-\d\d-\d\d)[^\n]*",
        whole=True,
    ),
)  # fmt: skip


_ENDINGS = (
    ".txt", ".in", ".json", ".toml", ".gradle", ".kts", "gemfile", ".gemspec", "proj", ".props", ".xml", ".pom", ".yml",
    ".yaml", ".lock", ".po", ".pot", "go.mod", "cargo", "pyproject", "pipfile",
)  # fmt: skip  # of a path: no other has a row, so that no expression is compiled for it


class _Versioned(NamedTuple):
    """A versioned entry: what of it is to be replaced, the sign before the version, the version; `pinned` by hashes."""

    start: int
    end: int
    pre: bytes
    version: bytes
    pinned: bool = False


class Settled(NamedTuple):
    """Both sides with the greater versions; what was settled, for a note, and the texts that now stand in a side that
    had others."""

    ours: bytes
    theirs: bytes
    notes: list[str]
    texts: list[bytes]


def take_greater(path: str, base: bytes, ours: bytes, theirs: bytes) -> Settled | None:
    """The sides with every dependency that both raised at the greater version; None where there is none."""
    if not path.lower().endswith(_ENDINGS):
        return None
    kinds = [kind for kind in KINDS if re.search(kind.path, path.lower())]
    if not kinds or max(map(len, (base, ours, theirs))) > _MAX_BYTES:
        return None
    notes: set[str] = set()
    texts: list[bytes] = []
    for kind in kinds:
        found = [versions_in(kind, side) for side in (base, ours, theirs)]
        changes: tuple[list[tuple[int, int, bytes]], ...] = ([], [])
        for name in found[0].keys() & found[1].keys() & found[2].keys():
            was, mine, its = (one[name] for one in found)
            side = smaller_side(was[0], mine[0], its[0])
            if side is None or (_takes_more(kind, mine + its) and not len(was) == len(mine) == len(its) == 1):
                continue
            less, more = (mine, its[0]) if side == 0 else (its, mine[0])
            text = (theirs if side == 0 else ours)[more.start : more.end]
            changes[side].extend((one.start, one.end, text) for one in less)
            texts.append(text)
            notes.add(f"{_plain(name[1])}: {_text(less[0].version)} and {_text(more.version)}, the greater taken")
        ours, theirs = _replaced(ours, changes[0]), _replaced(theirs, changes[1])
    return Settled(ours, theirs, sorted(notes), texts) if notes else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _plain(name: bytes) -> str:
    """A name as a person says it."""
    label = _text(name).strip("\"' ")
    ids = re.findall(r">([^<]*)</(?:groupId|artifactId)", label)
    quoted = re.search(r"[\"']([^\"']+)[\"']?$", label)
    return ":".join(ids) if ids else quoted[1] if quoted else label


def _takes_more(kind: Kind, found: list[_Versioned]) -> bool:
    return kind.whole or any(each.pinned for each in found)


Name = tuple[bytes, bytes]


def versions_in(kind: Kind, data: bytes) -> dict[Name, list[_Versioned]]:
    """Section and name -> where it stands with its version; left out what stands there with two different ones."""
    sections = [] if not kind.section else [(at.start(), at[at.lastindex or 0]) for at in _all(kind.section, data)]
    out: dict[Name, list[_Versioned]] = defaultdict(list)
    at = -1
    for found in _all(kind.entry, data):
        while at + 1 < len(sections) and sections[at + 1][0] <= found.start():
            at += 1
        here = sections[at][1] if at >= 0 else b""
        if kind.section and not re.fullmatch(kind.within, here):
            continue
        groups = found.groupdict()
        pinned = b"--hash" in (groups.get("rest") or b"")
        start, end = found.start("sha" if groups.get("sha") else "version"), found.end("version")
        if kind.whole or pinned:
            start, end = found.span()
        out[here, found["name"]].append(_Versioned(start, end, groups["pre"] or b"", found["version"], pinned))
    return {name: found for name, found in out.items() if len({each[2:] for each in found}) == 1}


def _all(pattern: bytes, data: bytes) -> Iterator[re.Match[bytes]]:
    return re.finditer(pattern, data, re.M)


def smaller_side(was: _Versioned, mine: _Versioned, its: _Versioned) -> int | None:
    """0 where ours is the smaller of two raised versions, 1 where theirs is; None for anything else."""
    if not was.pre == mine.pre == its.pre or len({was.version, mine.version, its.version}) != 3:
        return None
    versions = [one.version for one in (was, mine, its)]
    tails = {(_VARIANT.search(version) or [b""])[0] for version in versions}
    tail = tails.pop() if len(tails) == 1 else b""
    b, o, t = (order_of(version[: len(version) - len(tail)]) for version in versions)
    if b is None or o is None or t is None or not b < min(o, t) or o == t:
        return None
    return 0 if o < t else 1


_COMMIT = regex(rb"([-.]\d{14})-[0-9a-f]{12}(?=\+|$)")
_VARIANT = regex(rb"[-.][A-Za-z]+$")  # 31.1-jre, 5.0.Final: of one line of versions
_STAGES = {word: at for at, row in enumerate(("dev", "a alpha", "b beta", "m", "c cr rc pre preview", "", "post"))
           for word in row.split()}  # fmt: skip
_RELEASE = _STAGES["post"] - 1
Order = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]


def order_of(version: bytes) -> Order | None:
    """What sorts versions: numbers, and a release behind what comes before it; None for what cannot be compared. Of a
    commit that Go gave a version, its time."""
    plain = _COMMIT.sub(rb"\1", version).decode("utf-8", "replace").lower().partition("+")[0]
    found = re.fullmatch(r"v?(\d+(?:\.\d+)*)((?:[-._]?(?:\d+|[a-z]+))*)", plain)
    if found is None:
        return None
    numbers = [int(part[:40]) for part in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    words = re.findall(r"\d+|[a-z]+", found[2])
    if any(not word.isdigit() and word not in _STAGES for word in words):
        return None
    stages = [(_STAGES["dev"], int(word[:40])) if word.isdigit() else (_STAGES[word], 0) for word in words]
    return tuple(numbers), (*stages, (_RELEASE, 0))


def _replaced(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for start, end, text in sorted(changes, reverse=True):
        data = data[:start] + text + data[end:]
    return data
