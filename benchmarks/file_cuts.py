"""A real file as neighbouring entries, cut by its lines alone: no parser, and nothing of Muse.

Definitions between blank lines, keys and elements by their depth, sections by their heading, lines that look alike.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

NAME = r"(?P<name>[A-Za-z_$][\w$]*)"
_MODIFIERS = (
    r"(?:(?:public|private|protected|internal|static|final|abstract|async|export|default|override|open|synchronized)"
    r"\s+)*"
)
# How the first line of a definition looks, by the ending of the file's name.
DEFINITIONS: dict[str, str] = {
    "py": rf"(?:async\s+)?(?:def|class)\s+{NAME}",
    "rb": rf"(?:def|class|module)\s+(?:self\.)?{NAME}",
    "js": rf"{_MODIFIERS}(?:(?:function\*?|class)\s+{NAME}"
    rf"|(?:const|let|var)\s+{NAME.replace('name', 'variable')}\s*=\s*(?:async\s*)?(?:\(|function|\{{)"
    rf"|(?!if|for|while|switch|return){NAME.replace('name', 'method')}\([^)]*\)\s*\{{$)",
    "ts": rf"{_MODIFIERS}(?:(?:function\*?|class|interface|type|enum)\s+{NAME}"
    rf"|(?!if|for|while|switch|return){NAME.replace('name', 'method')}\([^)]*\)[^=;]*\{{$)",
    "go": rf"(?:func\s+(?:\([^)]*\)\s*)?{NAME}\(|type\s+{NAME.replace('name', 'type')}\s)",
    "rs": rf"(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+)*(?:fn|struct|enum|trait|mod|type)\s+{NAME}",
    "java": rf"{_MODIFIERS}(?:(?:class|interface|enum)\s+{NAME}"
    rf"|(?!return|new|throw)[\w<>\[\], ?]+\s{NAME.replace('name', 'method')}\([^;]*$)",
    "php": rf"{_MODIFIERS}(?:function|class|interface|trait)\s+{NAME}",
    "c": rf"(?!return|else|typedef)[a-z][\w *]*[ *]{NAME}\([^;]*$",
    "css": r"(?P<name>[.#a-zA-Z][^{}]*[^{}\s])\s*\{$",
}  # fmt: skip
DEFINITIONS["kt"] = (
    rf"(?:{_MODIFIERS}|private |internal |data |sealed |suspend )*(?:fun interface|fun|class|object|interface)\s+{NAME}"
)
DEFINITIONS["scala"] = rf"(?:private |protected |override |final |case |implicit )*(?:def|class|object|trait)\s+{NAME}"
DEFINITIONS["cs"] = (
    rf"(?:{_MODIFIERS}|virtual |sealed |partial |readonly |protected )*(?:(?:class|interface|enum|struct)\s+{NAME}"
    rf"|(?!return|new|throw)[\w<>\[\], ?.]+\s{NAME.replace('name', 'method')}\([^;]*$)"
)
DEFINITIONS["swift"] = (
    r"(?:(?:public|private|fileprivate|internal|open|static|final|override|mutating|convenience|required)\s+)*"
    rf"(?:func|class|struct|enum|protocol)\s+{NAME}"
)
DEFINITIONS["tf"] = r'(?:(?:resource|data) "\w+" |(?:variable|output|module) )"(?P<name>[\w-]+)" \{'
DEFINITIONS["dart"] = (
    rf"(?:abstract |static |final |external )*(?:(?:class|mixin|enum|extension)\s+{NAME}"
    rf"|(?!return|await|throw|else|new)[\w<>?, ]+\s{NAME.replace('name', 'method')}\([^;]*$)"
)
DEFINITIONS["hs"] = rf"{NAME}\s*::"
DEFINITIONS["ex"] = DEFINITIONS["exs"] = (
    rf"(?:(?:defp?|defmacrop?|defmodule)\s+{NAME}|test \"{NAME.replace('name', 'test')}[^\"]*\".* do$)"
)
DEFINITIONS["ml"] = rf"(?:let(?: rec)?|module|type)\s+{NAME}"
DEFINITIONS["mli"] = rf"(?:val|module|type)\s+{NAME}"
DEFINITIONS["zig"] = (
    rf"(?:pub |export |inline )*(?:fn\s+{NAME}|const\s+{NAME.replace('name', 'type')}\s*=\s*(?:struct|enum|union))"
)
DEFINITIONS["ps1"] = DEFINITIONS["psm1"] = r"function\s+(?P<name>[A-Za-z][\w-]*)"
DEFINITIONS["sol"] = rf"(?:abstract )?(?:contract|interface|library|function|modifier|event|error|struct|enum)\s+{NAME}"
DEFINITIONS["jl"] = rf"(?:function|macro|(?:mutable )?struct|module)\s+{NAME}"
DEFINITIONS["f90"] = rf"(?:(?:pure|elemental|recursive|logical|integer)\s+)*(?:subroutine|function)\s+{NAME}"
DEFINITIONS["cmake"] = rf"(?:function|macro|add_library|add_executable|option)\({NAME}"
DEFINITIONS["dts"] = DEFINITIONS["dtsi"] = DEFINITIONS["overlay"] = r"(?P<name>[a-z][\w-]*) \{$"
DEFINITIONS["bzl"] = rf"def\s+{NAME}"
DEFINITIONS["sh"] = rf"{NAME}\s*\(\)\s*\{{"
DEFINITIONS["lua"] = rf"(?:local )?function\s+{NAME}"
DEFINITIONS["cpp"] = DEFINITIONS["cc"] = DEFINITIONS["c"]
DEFINITIONS["kts"] = DEFINITIONS["kt"]
DEFINITIONS["jsx"] = DEFINITIONS["mjs"] = DEFINITIONS["js"]
DEFINITIONS["tsx"] = DEFINITIONS["ts"]
# Keys, by depth.
KEYS: dict[str, str] = {
    "json": r'"(?P<name>[^"\\]+)":\s*\S',
    "yml": r"(?P<name>[\w.-]+):(?:\s|$)",
    "nix": r"(?P<name>[\w.-]+) = ",
    "makefile": r"(?P<name>[\w./%-]+)\s*:(?![:=])",
    "xml": r"<(?P<name>[\w.:-]+)[\s>]",
}
KEYS["yaml"], KEYS["mk"], KEYS["html"] = KEYS["yml"], KEYS["makefile"], KEYS["xml"]
SECTIONS = {"toml": r"\s*\[\[?(?P<name>[^\[\]]+)\]", "ini": r"\[(?P<name>[^\]]+)\]", "md": r"(?P<name>#{1,4} .+)"}
# Lines of one kind beside each other.
LINES: dict[str, list[tuple[str, str]]] = {
    "py": [("dict key", r'(?P<i>\s+)["\'](?P<name>\w+)["\']: (?P<value>[^{}\[\]()]+),$'),
           ("import", r"(?P<i>)from (?P<value>[\w.]+) import (?P<name>\w+)$"),
           ("member", r"(?P<i>\s+)(?P<name>[A-Z][A-Z0-9_]*) = (?P<value>\d+|[\"']\w+[\"'])$")],
    "js": [("import", r"(?P<i>)import (?P<name>\w+) from (?P<value>[\"'][^\"']+[\"'];?)$"),
           ("dict key", r"(?P<i>\s+)(?P<name>\w+): (?P<value>[^{}\[\]()]+),$")],
    "ts": [("import", r"(?P<i>)import \{ (?P<name>\w+) \} from (?P<value>[\"'][^\"']+[\"'];?)$"),
           ("dict key", r"(?P<i>\s+)(?P<name>\w+): (?P<value>[^{}\[\]()]+),$"),
           ("member", r"(?P<i>\s+)(?P<name>[A-Z]\w*) = (?P<value>\d+|[\"'][\w-]+[\"']),$")],
    "go": [("import", r"(?P<i>\t)\"(?P<value>[\w./-]+/)(?P<name>\w+)\"$"),
           ("field", r"(?P<i>\t)(?P<name>[A-Z]\w*)\s+(?P<value>[\w.*\[\]]+)(?:\s+`.*`)?$")],
    "rs": [("import", r"(?P<i>)use (?P<value>[\w:]+::)(?P<name>\w+);$"),
           ("member", r"(?P<i>    )(?P<name>[A-Z]\w*)(?P<value>),$")],
    "java": [("import", r"(?P<i>)import (?P<value>[\w.]+\.)(?P<name>[A-Z]\w*);$"),
             ("field", r"(?P<i>\s+)(?:private|public|protected)(?: static)?(?: final)? "
                       r"(?P<value>[\w<>]+) (?P<name>\w+)(?: = [^;{]+)?;$")],
    "php": [("import", r"(?P<i>)use (?P<value>[\w\\]+\\)(?P<name>\w+);$"),
            ("dict key", r"(?P<i>\s+)'(?P<name>\w+)' => (?P<value>[^()\[\]{}]+),$"),
            ("member", r"(?P<i>\s+)(?:public )?const (?P<name>[A-Z_]+) = (?P<value>[^;]+);$")],
    "c": [("define", r"(?P<i>)#define (?P<name>\w+)\s+(?P<value>\S.*[^\\])$"),
          ("member", r"(?P<i>\s+)(?P<name>[A-Z][A-Z0-9_]*)(?: = (?P<value>\d+))?,$")],
    "rb": [("dict key", r"(?P<i>\s+)(?P<name>\w+): (?P<value>[^{}\[\]()]+),$")],
    "yml": [("dict key", r"(?P<i>\s*)(?P<name>[\w.-]+): (?P<value>[^{}\[\]|>&*\s][^#]*)$")],
    "json": [("dict key", r'(?P<i>\s+)"(?P<name>[^"\\]+)": (?P<value>"[^"\\]*"|\d+),$')],
    "toml": [("dict key", r"(?P<i>)(?P<name>[\w-]+) = (?P<value>\"[^\"\\]*\"|\d+)$")],
    "css": [("declaration", r"(?P<i>\s+)(?P<name>[a-z-]+): (?P<value>[^;{}]+);$")],
    "makefile": [("variable", r"(?P<i>)(?P<name>[A-Z_]+)\s*=\s*(?P<value>[^\\]*[^\\\s])$")],
    "gitignore": [("pattern", r"(?P<i>)(?P<name>[^#!\s]\S*)$")],
    "gitattributes": [("pattern", r"(?P<i>)(?P<name>[^#\s]\S*)\s+(?P<value>\S.*)$")],
    "txt": [("requirement", r"(?P<i>)(?P<name>[A-Za-z][\w.-]*)(?P<value>[=<>~]=.*)$")],
    "kt": [("import", r"(?P<i>)import (?P<value>[\w.]+\.)(?P<name>[A-Z]\w*)$")],
    "dart": [("import", r"(?P<i>)import (?P<value>'package:)(?P<name>[\w/.]+)';$"),
             ("member", r"(?P<i>  )(?P<name>[a-z]\w*)(?P<value>),$")],
    "hs": [("import", r"(?P<i>)import (?P<value>(?:[A-Z]\w*\.)*)(?P<name>[A-Z]\w*)$")],
    "ex": [("import", r"(?P<i>\s+)alias (?P<value>[\w.]+\.)(?P<name>[A-Z]\w*)$")],
    "ml": [("member", r"(?P<i>\s+)\| (?P<name>[A-Z]\w*)(?P<value>)$")],
    "nix": [("dict key", r"(?P<i>\s+)(?P<name>[\w-]+) = (?P<value>[^{}\[\]()\"]+);$")],
    "zig": [("import", r"(?P<i>)const (?P<name>\w+) = (?P<value>@import\(\"[\w./]+\"\);)$"),
            ("member", r"(?P<i>    )(?P<name>[a-z]\w*)(?P<value>),$")],
    "sol": [("import", r"(?P<i>)import \{(?P<name>\w+)\} from (?P<value>\"[^\"]+\";)$")],
    "jl": [("import", r"(?P<i>)using (?P<value>\.*(?:\w+\.)+)(?P<name>\w+)$")],
    "ps1": [("dict key", r"(?P<i>\s+)(?P<name>\w+)\s+= (?P<value>[^{}\[\]()\"@$]+)$")],
    "dts": [("dict key", r"(?P<i>\s+)(?P<name>[a-z][\w-]*) = (?P<value>[^{}()]+;)$")],
    "bzl": [("import", r"(?P<i>)load\((?P<value>\"[^\"]+\"), \"(?P<name>\w+)\"\)$")],
    "scala": [("import", r"(?P<i>)import (?P<value>[\w.]+\.)(?P<name>[A-Z]\w*)$")],
    "cs": [("member", r"(?P<i>\s+)(?P<name>[A-Z]\w*) = (?P<value>\d+),$")],
    "swift": [("member", r"(?P<i>\s+)case (?P<name>[a-z]\w*)(?P<value>)$")],
    "tf": [("dict key", r'(?P<i>\s+)(?P<name>\w+)\s+= (?P<value>[^{}\[\]()"]+|"[^"$]*")$')],
    "lua": [("dict key", r"(?P<i>\s+)(?P<name>\w+) = (?P<value>[^{}\[\]()]+),$")],
    "sh": [("variable", r"(?P<i>)(?P<name>[A-Za-z_]+)=(?P<value>[\w./\"$-]+)$")],
}  # fmt: skip
LINES["dtsi"] = LINES["overlay"] = LINES["dts"]
LINES["yaml"], LINES["mjs"], LINES["h"] = LINES["yml"], LINES["js"], LINES["c"]
DEFINITIONS["h"] = DEFINITIONS["c"]
CLOSERS = re.compile(r"\s*(?:[)}\]]|end(?:module|function|task|class|package|macro)?\b|</)")
COMMENT = re.compile(r"\s*(?:#(?!define)|//|/\*|\*|--|@|!|\(\*|<!--|\"\"\"|\[\w[\w(), .=\"]*\]$)")


class Unit(NamedTuple):
    """One entry of a file."""

    name: str
    lines: tuple[str, ...]


class Cut(NamedTuple):
    """A file as what stands before and after some neighbouring entries, and what stands between those."""

    path: str
    what: str
    head: tuple[str, ...]
    units: tuple[Unit, ...]
    tail: tuple[str, ...]
    gap: tuple[str, ...]


def ending_of(path: str) -> str:
    """The ending of a file's name, or all of a name that has none and tells the kind; "" for a script's."""
    name = path.rsplit("/", 1)[-1].replace("_", ".").lower()
    return name.rsplit(".", 1)[-1] if "." in name or name == "makefile" else ""


def depth(line: str) -> int:
    """How far a line is indented."""
    return len(line) - len(line.lstrip())


def balanced(lines: Sequence[str]) -> bool:
    """True for lines in which every bracket and text is closed, and every condition of the C preprocessor."""
    open_conditions = 0
    for line in lines:
        word = re.match(r"\s*#(if|elif|else|endif)", line)
        if word is not None and open_conditions + (word[1] == "if") <= 0:
            return False
        open_conditions += {"if": 1, "endif": -1}.get(word[1], 0) if word is not None else 0
    if open_conditions:
        return False
    text = re.sub(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|//[^\n]*", "", "\n".join(lines))
    pairs = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
    return pairs and text.count('"""') % 2 == 0 and text.count("'''") % 2 == 0 and "\n".join(lines).count("`") % 2 == 0


def _runs(found: list[tuple[int, int, str]], least: int = 3) -> list[list[tuple[int, int, str]]]:
    """Neighbouring entries of different names."""
    runs: list[list[tuple[int, int, str]]] = [[]]
    for one in found:
        if not runs[-1] or one[0] != runs[-1][-1][1] or one[2] in {other[2] for other in runs[-1]}:
            runs.append([])
        runs[-1].append(one)
    return [run for run in runs if len(run) >= least]


def _paragraphs(rows: list[str], deep: int, pattern: str) -> list[tuple[int, int, str]]:
    """Definitions at one depth: from a line of that depth up to the next behind a blank line, brackets closed."""
    found: list[tuple[int, int, str]] = []
    begin = 0
    while begin < len(rows):
        if (
            not rows[begin].strip()
            or depth(rows[begin]) != deep
            or (begin and rows[begin - 1].strip() and depth(rows[begin - 1]) >= deep and not found)
        ):
            begin += 1
            continue
        end = begin + 1
        while end < len(rows):
            row = rows[end]
            if row.strip() and depth(row) < deep:
                break
            starts = row.strip() and depth(row) == deep and not rows[end - 1].strip() and not CLOSERS.match(row)
            if starts and balanced(rows[begin:end]):
                break
            end += 1
        body = [row for row in rows[begin:end] if not COMMENT.match(row)]
        match = re.match(pattern, body[0].strip()) if body else None
        name = next((one for one in match.groupdict().values() if one), "") if match else ""
        if (
            name
            and balanced(rows[begin:end])
            and end - begin > 2
            and sum(bool(re.match(pattern, row.strip())) for row in body if row.strip() and depth(row) == deep) == 1
        ):
            found.append((begin, end, name))
        begin = end
    return found


def _keyed(rows: list[str], deep: int, pattern: str) -> list[tuple[int, int, str]]:
    """Keys at one depth, each with the deeper lines behind it."""
    found = []
    for at, row in enumerate(rows):
        match = re.match(pattern, row.strip())
        if match is None or depth(row) != deep:
            continue
        end = at + 1
        while end < len(rows) and (
            depth(rows[end]) > deep or not rows[end].strip() or (CLOSERS.match(rows[end]) and depth(rows[end]) == deep)
        ):
            end += 1
        while not rows[end - 1].strip():
            end -= 1
        if balanced(rows[at:end]) and _texts_of_nix(rows[at:end]) % 2 == 0:
            found.append((at, end, match["name"]))
    return found


def _texts_of_nix(rows: Sequence[str]) -> int:
    """How many signs begin or end a text of several lines there."""
    return len(re.findall(r"(?<!')''(?!['$\\])", "\n".join(rows)))


def _sectioned(rows: list[str], pattern: str) -> list[tuple[int, int, str]]:
    heads, fenced, arrays = [], False, [""]
    for at, row in enumerate(rows):
        fenced ^= row.lstrip().startswith(("```", "~~~"))
        match = None if fenced else re.match(pattern, row)
        if match and any(match["name"].startswith(array + ".") for array in arrays if array):
            continue  # part of the element of an array of TOML above it
        if match:
            arrays = [*arrays, match["name"]] if row.lstrip().startswith("[[") else [""]
            level = len(row) - len(row.lstrip("#")) or 1
            heads.append((at, level, match["name"].strip()))
    levels = Counter(level for _, level, _ in heads)
    found = []
    if not levels:
        return []
    level = levels.most_common(1)[0][0]
    for index, (at, one, name) in enumerate(heads):
        if one == level:
            end = next((other for other, its, _ in heads[index + 1 :] if its <= level), len(rows))
            found.append((at, end, name))
    return found


def _alike(rows: list[str], pattern: str) -> list[tuple[int, int, str]]:
    found = []
    for at, row in enumerate(rows):
        match = None if _in_comment(row) else re.match(pattern, row)
        if match and (not found or found[-1][1] < at or depth(rows[at - 1]) == depth(row)):
            found.append((at, at + 1, match["name"]))
    return found


def cuts(path: str, text: str) -> list[Cut]:
    """The ways to see a file as entries."""
    ending = ending_of(path)
    rows = text.splitlines()
    ways: list[tuple[str, list[tuple[int, int, str]]]] = []
    if ending in DEFINITIONS:
        ways += [("definition", _paragraphs(rows, deep, DEFINITIONS[ending])) for deep in (0, 1, 2, 4)]
    if ending in KEYS:
        ways += [("key", _keyed(rows, deep, KEYS[ending])) for deep in (0, 2, 4)]
    if ending in SECTIONS:
        ways.append(("section", _sectioned(rows, SECTIONS[ending])))
    ways += [(what, _alike(rows, pattern)) for what, pattern in LINES.get(ending, [])]
    made = []
    for what, found in ways:
        for run in _runs(found):
            if ending == "json" and run[-1][1] < len(rows) and not rows[run[-1][1] - 1].endswith(","):
                run = run[:-1]  # the last one has no comma behind it
            if len(run) < 3 or _in_string(rows[: run[0][0]]):
                continue
            units = [Unit(name, tuple(_stripped(rows[low:high]))) for low, high, name in run]
            gaps = [len(rows[low:high]) - len(unit.lines) for (low, high, _), unit in zip(run, units, strict=True)]
            gap = Counter(gaps[:-1]).most_common(1)[0][0]
            if what in ("definition", "section") and not gap and ending not in ("css", "sh"):
                continue
            made.append(
                Cut(
                    path,
                    what,
                    tuple(rows[: run[0][0]]),
                    tuple(units),
                    tuple(rows[run[-1][1] - gaps[-1] :]),
                    ("",) * gap,
                )
            )
    return made


_HEREDOC = re.compile(r"<<<?[~-]?[\'\"]?([A-Z_]{3,})\b")


def _in_string(rows: Sequence[str]) -> bool:
    """True when a text of several lines is still open behind these."""
    text = "\n".join(rows)
    if any(text.count(quote) % 2 for quote in ('"""', "'''", "`", "```")) or _in_comment(text):
        return True
    opened = {word: text[found.end() :] for found in _HEREDOC.finditer(text) for word in [found[1]]}
    return any(not re.search(rf"^\s*{word}\b", rest, re.M) for word, rest in opened.items())


def _in_comment(text: str) -> bool:
    """True when a comment of several lines is still open at the end."""
    return text.rfind("/*") > text.rfind("*/")


def _stripped(rows: list[str]) -> list[str]:
    while rows and not rows[-1].strip():
        rows = rows[:-1]
    return rows


def written(cut: Cut, units: Sequence[Unit]) -> str:
    """The file with these entries."""
    rows = list(cut.head)
    for at, unit in enumerate(units):
        rows += [*(cut.gap if at else ()), *unit.lines]
    return "\n".join([*rows, *cut.tail]) + "\n"


def _said(rows: Sequence[str]) -> list[str]:
    """Lines that say something, white space and a comma at the end aside."""
    return [" ".join(row.split()).rstrip(",") for row in rows if row.strip()]


def says(cut: Cut, text: str, units: Sequence[Unit], kept: Sequence[str]) -> bool:
    """True when a file is those entries, each whole and once, those named `kept` in their order."""
    rest = _said(text.splitlines())
    front, back = _said(cut.head), _said(cut.tail)
    if rest[: len(front)] != front or (back and rest[-len(back) :] != back):
        return False
    rest = rest[len(front) : len(rest) - len(back)]
    parts = sorted(((unit.name, _said(unit.lines)) for unit in units), key=lambda one: -len(one[1]))
    order = []
    while rest:
        found = next((part for part in parts if rest[: len(part[1])] == part[1]), None)
        if found is None:
            return False
        parts.remove(found)
        order.append(found[0])
        rest = rest[len(found[1]) :]
    there = [name for name in order if name in kept]
    return not parts and there == [name for name in kept if name in there]


def valid(path: str, text: str) -> bool:
    """True where a parser of the standard library takes the file, or none is there for it."""
    try:
        if path.endswith(".py"):
            ast.parse(text)
        elif path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".toml"):
            tomllib.loads(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True
