"""Merges whose right answer is known because they were made from it: Muse, Git and, where it is installed, mergiraf.

    benchmarks/lawful_merges.py [--cases 10000] [--seed N] [--only reorder] [--git] [--mergiraf] [--show 3]

A file is a list of named entries in one of 16 formats, written by a template that knows no parser. A case takes
such a list and two edits of it, does both edits to the list, and writes that: the answer. A clean merge is right when
it holds the entries of that list, each with its own lines, in whatever order; a conflict is no answer, and never wrong.
Prints right, conflict and wrong per kind of edit and tool, and exits 1 when Muse was clean and wrong.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

Entry = tuple[str, tuple[str, ...]]  # a name, and one value for each line of its body
Format = tuple[str, str, str, str, str]  # file, head, entry, line, tail

# In an entry N is the name and BODY its lines; in a line K is the place in the entry and V the value.
FORMATS: dict[str, Format] = {
    "json": ("a.json", "{\n", '  "N": {\n    "image": "repo/N"BODY\n  }', ',\n    "kK": "V"', "\n}\n"),
    "toml": ("a.toml", "", '[N]\nimage = "repo/N"\nBODY', 'kK = "V"\n', ""),
    "yaml": ("a.yaml", "services:\n", "  N:\n    image: repo/N\nBODY", "    kK: V\n", ""),
    "ini": ("a.ini", "", "[N]\nimage = repo/N\nBODY", "kK = V\n", ""),
    "xml": (
        "a.xml",
        "<all>\n",
        '  <service id="N">\n    <image>repo/N</image>\nBODY  </service>\n',
        "    <kK>V</kK>\n",
        "</all>\n",
    ),
    "css": ("a.css", "", ".N {\n  color: red;\nBODY}\n", "  kK: V;\n", ""),
    "md": ("a.md", "# All\n\n", "## N\n\nStart with `make`.\n\nBODY", "Policy K: V.\n\n", ""),
    "py": (
        "a.py",
        "import os\n\n\n",
        'def N(db):\n    rows = db.query("N")\nBODY    return rows\n',
        '    log("kK", "V")\n',
        "",
    ),
    "js": (
        "a.js",
        "",
        'export function N(db) {\n  const rows = db.query("N");\nBODY  return rows;\n}\n',
        '  log("kK", "V");\n',
        "",
    ),
    "ts": (
        "a.ts",
        "",
        'export function N(db: Db): Row[] {\n  const rows = db.query("N");\nBODY  return rows;\n}\n',
        '  log("kK", "V");\n',
        "",
    ),
    "go": (
        "a.go",
        "package a\n\n",
        'func N(db *DB) Rows {\n\trows := db.Query("N")\nBODY\treturn rows\n}\n',
        '\tlog("kK", "V")\n',
        "",
    ),
    "rs": (
        "a.rs",
        "",
        'pub fn N(db: &Db) -> Rows {\n    let rows = db.query("N");\nBODY    rows\n}\n',
        '    log("kK", "V");\n',
        "",
    ),
    "java": (
        "A.java",
        "class A {\n",
        '    Page N(Db db) {\n        var rows = db.query("N");\nBODY        return rows;\n    }\n',
        '        log("kK", "V");\n',
        "}\n",
    ),
    "c": (
        "a.c",
        "#include <a.h>\n\n",
        'int N(struct db *db)\n{\n\tint rows = query(db, "N");\nBODY\treturn rows;\n}\n',
        '\tlog("kK", "V");\n',
        "",
    ),
    "php": (
        "a.php",
        "<?php\n\n",
        'function N($db)\n{\n    $rows = $db->query("N");\nBODY    return $rows;\n}\n',
        '    log("kK", "V");\n',
        "",
    ),
    "rb": ("a.rb", "", 'def N(db)\n  rows = db.query("N")\nBODY  rows\nend\n', '  log("kK", "V")\n', ""),
}
NAMES = ["web", "api", "job", "cron", "mail", "auth", "feed", "sync", "push", "docs"]
VALUES = ["always", "never", "back", "front", "slow", "fast"]


def written(format_: str, entries: list[Entry]) -> str:
    """The file."""
    _, head, entry, line, tail = FORMATS[format_]
    between = ",\n" if format_ == "json" else "" if format_ in ("xml", "yaml", "md") else "\n"
    texts = []
    for name, values in entries:
        body = "".join(line.replace("V", value).replace("K", str(at)) for at, value in enumerate(values))
        texts.append(entry.replace("BODY", body).replace("N", name))
    return head + between.join(texts) + tail


def words(text: str) -> list[str]:
    """What a file says, white space and the comma between entries aside."""
    return re.findall(r"[\w./]+|[^\w\s,]", text)


def says(format_: str, text: str, entries: list[Entry]) -> bool:
    """True when a file is those entries in some order, each whole and once, and nothing else."""
    rest = words(text)
    _, head, _, _, tail = FORMATS[format_]
    front, back = words(head), words(tail)
    if rest[: len(front)] != front or (back and rest[-len(back) :] != back):
        return False
    rest = rest[len(front) : len(rest) - len(back)]
    bare = [words(written(format_, [one]))[len(front) :] for one in entries]
    parts = [one[: len(one) - len(back)] for one in bare]
    while rest:
        found = next((part for part in parts if rest[: len(part)] == part), None)
        if found is None:
            return False
        parts.remove(found)
        rest = rest[len(found) :]
    return not parts


Case = tuple[list[Entry], list[Entry], list[Entry], list[Entry] | None]  # base, ours, theirs, the answer or a conflict


def _edited(entry: Entry, rng: random.Random) -> Entry:
    name, values = entry
    at = rng.randrange(len(values))
    return name, (*values[:at], rng.choice([v for v in VALUES if v != values[at]]), *values[at + 1 :])


def _base(rng: random.Random) -> list[Entry]:
    count = rng.randint(3, 6)
    alike = tuple(rng.choice(VALUES) for _ in range(rng.randint(1, 3)))
    names = rng.sample(NAMES, count)
    return [(name, alike if rng.random() < 0.8 else tuple(rng.choice(VALUES) for _ in alike)) for name in names]


def _replace(entries: list[Entry], old: Entry, new: Entry) -> list[Entry]:
    return [new if one == old else one for one in entries]


def reorder(rng: random.Random) -> Case:
    """One side puts the entries in another order, the other edits one."""
    base = _base(rng)
    ours = base[:]
    if rng.random() < 0.5:
        ours.insert(rng.randrange(len(ours)), ours.pop(rng.randrange(len(ours))))
    else:
        rng.shuffle(ours)
    old = rng.choice(base)
    new = _edited(old, rng)
    return base, ours, _replace(base, old, new), _replace(ours, old, new)


def rename(rng: random.Random) -> Case:
    """One side renames an entry, the other edits one."""
    base = _base(rng)
    old, edited = rng.choice(base), rng.choice(base)
    renamed = rng.choice([name for name in NAMES if name not in dict(base)]), old[1]
    new = _edited(edited, rng)
    answer = _replace(_replace(base, edited, new), new if old == edited else old,
                      (renamed[0], new[1]) if old == edited else renamed)  # fmt: skip
    return base, _replace(base, old, renamed), _replace(base, edited, new), answer


def copy(rng: random.Random) -> Case:
    """One side adds a copy of an entry beside it under another name, the other edits the first."""
    base = _base(rng)
    old = rng.choice(base)
    made = rng.choice([name for name in NAMES if name not in dict(base)]), old[1]
    at = base.index(old) + rng.randint(0, 1)
    new = _edited(old, rng)
    ours = [*base[:at], made, *base[at:]]
    return base, ours, _replace(base, old, new), _replace(ours, old, new)


def extract(rng: random.Random) -> Case:
    """One side takes the last line of an entry out into a new entry, the other edits another entry."""
    base = list(_base(rng))
    base = [(name, (*values, rng.choice(VALUES))) for name, values in base]
    old, edited = rng.sample(base, 2)
    less = old[0], old[1][:-1]
    made = rng.choice([name for name in NAMES if name not in dict(base)]), (old[1][-1],)
    at = base.index(old) + rng.randint(0, 1)
    ours = _replace(base, old, less)
    ours.insert(at, made)
    new = _edited(edited, rng)
    return base, ours, _replace(base, edited, new), _replace(ours, edited, new)


def twice(rng: random.Random) -> Case:
    """Both sides add an entry of one name, at one place or two, with other lines: no clean answer is right."""
    base = _base(rng)
    name = rng.choice([name for name in NAMES if name not in dict(base)])
    values = tuple(rng.choice(VALUES) for _ in range(3))
    ours, theirs = base[:], base[:]
    ours.insert(rng.randint(0, len(base)), (name, values))
    theirs.insert(rng.randint(0, len(base)), _edited((name, values), rng))
    return base, ours, theirs, None


def deleted(rng: random.Random) -> Case:
    """One side deletes an entry, the other edits another one."""
    base = _base(rng)
    gone, edited = rng.sample(base, 2)
    new = _edited(edited, rng)
    theirs = _replace(base, edited, new)
    return base, [one for one in base if one != gone], theirs, [one for one in theirs if one != gone]


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "reorder": reorder, "rename": rename, "copy": copy, "extract": extract, "twice": twice, "deleted": deleted,
}  # fmt: skip

# Bindings: what stands before, what each side puts in (A and B differ), and where; one name or number, two meanings.
BINDINGS: list[tuple[str, str, str, str]] = [
    ("a.py", "import os\n\nx = 1\n", "from json import NAME\n", "from pickle import NAME\n"),
    ("a.py", "import os\n\nx = 1\n", "NAME = 1\n", "NAME = 2\n"),
    ("a.go", 'package a\n\nimport (\n\t"fmt"\n\t"os"\n)\n', '\t"math/NAME"\n', '\t"crypto/NAME"\n'),
    ("A.java", "import java.util.Map;\nimport java.util.Set;\n\nclass A {}\n", "import a.NAME;\n", "import b.NAME;\n"),
    (
        "a.ts",
        'import { z } from "z";\nimport { y } from "y";\n',
        'import { NAME } from "a";\n',
        'import { NAME } from "b";\n',
    ),
    ("a.js", "const p = 1;\nconst q = 2;\n", "const NAME = 10;\n", "const NAME = 20;\n"),
    ("a.ts", "export type P = 1;\nexport type Q = 2;\n", "export type NAME = 3;\n", "export interface NAME { a: 1 }\n"),
    ("a.c", "#define P 1\n#define Q 2\n", "#define NAME 10\n", "#define NAME 20\n"),
    ("a.rs", "use a::P;\nuse a::Q;\n", "use b::NAME;\n", "use c::NAME;\n"),
    ("a.ts", "enum E {\n  P = 1,\n  Q = 2,\n}\n", "  NAME = 3,\n", "  OTHER = 3,\n"),
    ("a.rs", "enum E {\n    P = 1,\n    Q = 2,\n}\n", "    NAME = 3,\n", "    OTHER = 3,\n"),
    ("a.go", "package a\n\ntype S struct {\n\tP int\n\tQ int\n}\n", "\tNAME int\n", "\tNAME string\n"),
    (
        "a.php",
        "<?php\n\nclass A {\n    const P = 1;\n    const Q = 2;\n}\n",
        "    const NAME = 3;\n",
        "    const NAME = 4;\n",
    ),
    ("Makefile", "all:\n\techo\n\nrun:\n\techo\n", "NAME:\n\techo a\n\n", "NAME:\n\techo b\n\n"),
    ("requirements.txt", "aa==1\nbb==2\n", "NAME_x==1\n", "NAME-X==2\n"),
]


def binding(rng: random.Random) -> tuple[str, bytes, bytes, bytes]:
    """Two entries that bind one name, or take one number, at two places of a file."""
    path, base, one, other = rng.choice(BINDINGS)
    name = rng.choice(["limit", "rand", "load", "Kind", "K"])
    rows = base.splitlines(True)
    first = next(at for at, row in enumerate(rows) if re.search(r"\b(P|Q|os|fmt|z|y|p|q|Map|aa|all)\b", row))
    places = [first, first + 1] if path != "Makefile" else [0, 3]
    texts = []
    for addition in (one, other):
        at = rng.choice(places)
        added = addition.replace("NAME", name).replace("OTHER", name + "Too")
        texts.append("".join([*rows[:at], added, *rows[at:]]).encode())
    return path, base.encode(), texts[0], texts[1]


def muse(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The clean merge, None for a conflict; a busy machine is given time."""
    from muse.core import options
    from muse.plugins.code.merge.file import merge_code

    with options.using(options.MergeOptions(deadline=time.monotonic() + 60)):
        merged = merge_code(path, base, ours, theirs)
    return None if merged.conflicts else merged.content


def _command(*command: str) -> Callable[[str, bytes, bytes, bytes], bytes | None]:
    def run(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for side, data in (("ours", ours), ("base", base), ("theirs", theirs)):
                file = Path(folder, side, path)
                file.parent.mkdir()
                file.write_bytes(data)
                names.append(str(file))
            order = names if command[0] == "git" else [names[1], names[0], names[2]]
            done = subprocess.run([*command, *order], capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    return run


def main() -> int:
    """Run the cases and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--mergiraf", action="store_true")
    parser.add_argument("--show", type=int, default=0)
    given = parser.parse_args()
    tools = {"muse": muse}
    if given.git:
        tools["git"] = _command("git", "merge-file", "-p")
    if given.mergiraf and shutil.which("mergiraf"):
        tools["mergiraf"] = _command("mergiraf", "merge")
    found: Counter[tuple[str, str, str]] = Counter()
    shown = given.show
    for number in range(given.cases):
        rng = random.Random(f"{given.seed} {number}")
        kind = given.only or rng.choice([*KINDS, "binding"])
        if kind == "binding":
            path, *texts = binding(rng)
            format_, answer = "", None
        else:
            format_ = rng.choice([one for one in FORMATS if kind != "twice" or one != "css"])  # rules may repeat
            path = FORMATS[format_][0]
            *lists, answer = KINDS[kind](rng)
            texts = [written(format_, one).encode() for one in lists]
        if rng.random() < 0.5:
            texts[1:] = texts[:0:-1]
        for name, tool in tools.items():
            made = tool(path, *texts)
            right = made is not None and answer is not None and says(format_, made.decode(), answer)
            outcome = "conflict" if made is None else "right" if right else "wrong"
            found[kind, name, outcome] += 1
            if outcome == "wrong" and name == "muse" and shown:
                shown -= 1
                print(
                    f"--- {number} {kind} {path}", *(text.decode() for text in (*texts, made or b"")), sep="\n=======\n"
                )
    for kind in sorted({kind for kind, _, _ in found}):
        for name in tools:
            counts = {outcome: found[kind, name, outcome] for outcome in ("right", "conflict", "wrong")}
            print(f"{kind:8} {name:9}", *(f"{outcome} {count:6}" for outcome, count in counts.items()))
    return int(any(found[kind, "muse", "wrong"] for kind in (*KINDS, "binding")))


if __name__ == "__main__":
    sys.exit(main())
