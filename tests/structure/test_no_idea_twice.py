"""No six lines stand twice, and no two functions are alike but for their names."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = 6
NODES = 45  # of the syntax tree; smaller functions may look alike by chance


def functions(path: Path) -> list[ast.FunctionDef]:
    """Every function of a file, the inner ones too."""
    found: list[ast.FunctionDef] = []
    stack: list[ast.AST] = [*ast.parse(path.read_text()).body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef):
            found.append(node)
        stack += [inner for inner in ast.iter_child_nodes(node) if isinstance(inner, _HOLDERS)]
    return found


_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def told(path: Path) -> list[tuple[int, str]]:
    """The lines that say something, with their numbers: no blanks, comments, imports, nor parameters of functions.

    Imports cannot be said once for all; a protocol and what fulfils it have one list of parameters.
    """
    found: list[tuple[int, str]] = []
    open_, header = 0, False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        header = header or line.startswith(("import ", "from ", "def ", "async def "))
        if header:
            open_ += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
            header = open_ > 0
            open_ = max(open_, 0)  # a bracket in a string
        elif line and not line.startswith("#"):
            found.append((number, line))
    return found


def twice(paths: list[Path], root: Path) -> list[str]:
    """The runs of lines that stand in two places; of a longer run the first lines only."""
    seen: dict[tuple[str, ...], str] = {}
    found = []
    for path in paths:
        lines, ended = told(path), -1
        for at in range(len(lines) - LINES + 1):
            run = tuple(line for _, line in lines[at : at + LINES])
            place = f"{path.relative_to(root)}:{lines[at][0]}"
            first = seen.setdefault(run, place)
            if first != place:
                if at > ended:
                    found.append(f"{first} and {place}")
                ended = at + 1
    return found


def alike(paths: list[Path], root: Path) -> list[tuple[str, ...]]:
    """Functions with one shape: the same statements, whatever the names and constants in them."""
    outlines: dict[tuple[str, ...], list[tuple[str, ast.Module]]] = defaultdict(list)
    for path in paths:
        for node in functions(path):
            body = ast.Module(node.body[1:] if ast.get_docstring(node) else node.body, [])
            outlines[_outline(body)].append((f"{path.relative_to(root)}:{node.name}", body))
    shapes: dict[str, list[str]] = defaultdict(list)
    for rivals in outlines.values():
        for name, body in rivals if len(rivals) > 1 else ():
            if sum(1 for _ in ast.walk(body)) >= NODES:
                shapes[_shape(body)].append(name)
    return sorted(tuple(sorted(names)) for names in shapes.values() if len(names) > 1)


def _outline(node: ast.AST) -> tuple[str, ...]:
    """The kinds of the statements below, which is quick to tell."""
    inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, _HOLDERS)]
    return tuple(part for each in inner for part in (type(each).__name__, *_outline(each)))


def _shape(body: ast.Module) -> str:
    for node in ast.walk(body):
        for field in ("id", "attr", "arg", "name"):
            if isinstance(getattr(node, field, None), str):
                setattr(node, field, "")
        if isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return ast.dump(body)


@pytest.mark.parametrize("rooms", [("muse", "git_remote_muse"), ("tests", "benchmarks", "examples")])
def test_no_six_lines_stand_twice(rooms: tuple[str, ...]) -> None:
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    assert len(paths) > 150
    assert twice(paths, ROOT) == []


def test_no_two_functions_have_one_shape() -> None:
    paths = [path for room in ("muse", "git_remote_muse") for path in sorted((ROOT / room).rglob("*.py"))]
    assert alike(paths, ROOT) == []


def test_what_stands_twice_is_found(tmp_path: Path) -> None:
    body = "".join(f"    {name} = {name}_of(value)\n" for name in "abcdefgh")
    (tmp_path / "one.py").write_text(f"import os\n\n\ndef one(value):\n{body}    return a\n")
    (tmp_path / "two.py").write_text(f"x = 1\n\n\ndef two(\n    value,\n):\n{body}\n\n    # said\n    return b\n")
    paths = [tmp_path / "one.py", tmp_path / "two.py"]
    assert twice(paths, tmp_path) == ["one.py:5 and two.py:7"]
    assert alike(paths, tmp_path) == [("one.py:one", "two.py:two")]
    (tmp_path / "two.py").write_text((tmp_path / "two.py").read_text().replace("d = d_of", "d = 1 + d_of"))
    assert twice(paths, tmp_path) == [] and alike(paths, tmp_path) == []
