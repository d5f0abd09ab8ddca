"""The shape of the code itself: floors, start-up, sizes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("muse/**/*.py"), *ROOT.glob("git_remote_muse/**/*.py")])

MOST_LINES, MOST_IN_A_FUNCTION = 500, 80


def test_files_are_of_a_size_that_can_be_read() -> None:
    """No file is longer, tests and benchmarks neither."""
    others = [path for room in ("tests", "benchmarks") for path in (ROOT / room).rglob("*.py")]
    assert len(others) > 150
    long = [str(path.relative_to(ROOT)) for path in (*SOURCES, *others) if path.read_text().count("\n") > MOST_LINES]
    assert long == []


def test_functions_are_too() -> None:
    long = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MOST_IN_A_FUNCTION:
                long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_every_core_module_stands_on_a_floor() -> None:
    """A module that the layers do not name is not checked."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = set(re.findall(r"[\w.]+", " ".join(layers)))
    here = {
        f"muse.core.{path.stem}"
        for path in (ROOT / "muse" / "core").iterdir()
        if path.name != "__init__.py" and not path.name.startswith("__")
    }
    assert here - named == set()


HEAVY = ["click", "rich", "dulwich", "pygit2", "tree_sitter"]
QUICK = [
    "muse.drivers.merge",
    "muse.drivers.textconv",
    "muse.core.textmerge",
    "git_remote_muse",
    "git_remote_muse.__main__",
    "muse.plugins.registry",
]


@pytest.mark.parametrize("module", QUICK)
def test_doors_that_git_opens_import_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set({HEAVY}) & {{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_no_verb_brings_along_what_few_need() -> None:
    """Agents start `muse session append` once per edit; `asyncio` alone would double what that takes."""
    few = ["asyncio", "nats", "mcp", "dulwich", "pygit2", "tree_sitter"]
    code = "import sys; from importlib import import_module; from muse.cli.verbs import VERBS; "
    code += "[import_module('muse.cli.verbs.' + verb.module) for verb in VERBS.values()]; "
    code += f"print(*[name for name in {few} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_the_merge_driver_starts_with_next_to_nothing() -> None:
    """Git starts it once per file; each of these costs milliseconds."""
    costly = ["collections", "dataclasses", "inspect", "subprocess", "tempfile", "typing", "json", "pathlib", "logging"]
    code = f"import sys, muse.drivers.merge; print(*[name for name in {costly} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_a_structured_merge_loads_no_dataclasses_and_no_openssl() -> None:
    """They bring `inspect` along, which takes as long as a small merge; `hashlib` loads OpenSSL."""
    rooms = "muse.drivers.structured, muse.plugins.code.merge.file, muse.plugins.code.checks.law, "
    rooms += "muse.plugins.midi.merge.file, muse.plugins.score.merge"
    code = f"import sys, {rooms}; print(*{{'dataclasses', 'inspect', 'hashlib'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_the_helper_answers_git_without_a_regular_expression(tmp_path: Path) -> None:
    """Git starts it for each conversation."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    costly = [
        "re",
        "dataclasses",
        "subprocess",
        "tempfile",
        "typing",
        "json",
        "pathlib",
        "logging",
        "functools",
        "collections",
    ]
    code = f"import sys; sys.path.append({str(ROOT)!r}); from git_remote_muse.__main__ import main; code = main(); "
    code += f"print(code, *[name for name in {costly} if name in sys.modules], file=sys.stderr)"
    command = [sys.executable, "-ES", "-c", code, "origin", str(tmp_path)]
    done = subprocess.run(command, input="capabilities\n\n", capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == ["option", "connect"]
    assert done.stderr.split() == ["0"]


def test_no_blind_except_without_a_reason() -> None:
    blind = re.compile(r"except (Base)?Exception\b(?!.*(noqa: BLE001|as error:))|except:")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if blind.search(line)
    ]
    unraised = [place for place in found if not _re_raises(place)]
    assert unraised == []


def _re_raises(place: str) -> bool:
    name, _, number = place.rpartition(":")
    for node in ast.walk(ast.parse((ROOT / name).read_text())):
        if isinstance(node, ast.ExceptHandler) and node.lineno == int(number):
            return any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    return False


def test_the_core_reads_no_clock_but_its_own_and_no_environment() -> None:
    """Pure algorithms stay pure."""
    pure = [ROOT / "muse/core/op_transform", ROOT / "muse/core/diff_algorithms", ROOT / "muse/core/crdts"]
    used = [
        f"{path.relative_to(ROOT)}: {match}"
        for folder in pure
        for path in folder.glob("*.py")
        for match in re.findall(r"\b(?:os\.environ|open\(|time\.time|datetime|import random)", path.read_text())
    ]
    assert used == []


PRINTERS = {
    "muse/cli/output.py": "the way out of every verb",
    "muse/core/terminal.py": "the way out of the other doors",
    "muse/cli/progress.py": "one line that is written over; escapes what it says",
    "muse/cli/__main__.py": "fixed text, before anything is imported",
    "muse/drivers/textconv.py": "a listing, escaped line by line",
}


def test_nothing_is_printed_but_in_one_place() -> None:
    """What goes to a terminal passes `muse.core.terminal.escaped`; nobody prints around it."""
    around = []
    for path in SOURCES:
        if str(path.relative_to(ROOT)) in PRINTERS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _prints(node):
                around.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert around == []


def _prints(call: ast.Call) -> bool:
    words = ast.unparse(call.func)
    if words == "os.write":
        return ast.unparse(call.args[0]) in ("1", "2")
    return words in ("print", "click.echo", "click.secho") or bool(
        re.fullmatch(r"sys\.std(?:out|err)(?:\.buffer)?\.write(?:lines)?", words)
    )


def test_commands_in_hints_are_quoted() -> None:
    """A name goes into a command that a hint offers through `command` or `word`, never as it is."""
    bare = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg in ("hint", "mend"):
                bare += [
                    f"{path.relative_to(ROOT)}:{node.value.lineno}" for part in ast.walk(node.value) if _bare(part)
                ]
    assert bare == []


def _bare(node: ast.AST) -> bool:
    if not isinstance(node, ast.JoinedStr):
        return False
    told = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            told += str(part.value)
        elif re.search(r"(?:^|[:`] ?)(?:git|muse|rm|mv|cd) [^`]*$", told) and not _quotes(part):
            return True
    return False


def _quotes(part: ast.expr) -> bool:
    value = part.value if isinstance(part, ast.FormattedValue) else part
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in ("command", "word")
