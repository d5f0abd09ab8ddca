"""The picture of imports has no circle in the whole house: functions count, types within one folder do not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)  # what an import can stand in


def modules(root: Path, *rooms: str) -> dict[str, Path]:
    """Dotted name -> file of every module of these packages."""
    found = {}
    for file in sorted(file for room in rooms for file in (root / room).rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(node: ast.AST, for_types: bool = False) -> Iterator[tuple[list[str], bool]]:
    """Every import below a node, wherever it stands: the names it may mean, the likeliest first; if only for types."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.If) and ast.unparse(inner.test).endswith("TYPE_CHECKING"):
            for part in inner.body:
                yield from imports(ast.Module([part], []), True)
            for part in inner.orelse:
                yield from imports(ast.Module([part], []), for_types)
        elif isinstance(inner, ast.Import):
            yield from (([name.name], for_types) for name in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            assert not inner.level, "relative imports are not followed"
            yield from (([f"{inner.module}.{name.name}", str(inner.module)], for_types) for name in inner.names)
        elif isinstance(inner, _HOLDERS):
            yield from imports(inner, for_types)


def arrows(known: dict[str, Path]) -> dict[str, set[str]]:
    """Module -> the modules it imports, without those it wants only for types and that lie in its own folder."""
    found: dict[str, set[str]] = {}
    for module, file in known.items():
        found[module] = set()
        for names, for_types in imports(ast.parse(file.read_text())):
            target = next((name for name in names if name in known), None)
            if target is None or target == module or (for_types and known[target].parent == file.parent):
                continue
            found[module].add(target)
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """What is left when modules that import nothing left, or that nothing left imports, are taken away one by one."""
    left = {module: set(targets) for module, targets in graph.items()}
    while True:
        wanted = set().union(*left.values()) if left else set()
        ends = {module for module, targets in left.items() if not targets or module not in wanted}
        if not ends:
            return sorted([module, *sorted(targets)] for module, targets in left.items())
        left = {module: targets - ends for module, targets in left.items() if module not in ends}


def test_nothing_imports_itself_round_a_corner() -> None:
    known = modules(ROOT, "muse", "git_remote_muse")
    graph = arrows(known)
    assert len(known) > 350 and sum(map(len, graph.values())) > 1200
    assert circles(graph) == []


def test_a_circle_is_found_wherever_its_imports_stand(tmp_path: Path) -> None:
    def house(**files: str) -> list[list[str]]:
        for name, text in files.items():
            file = tmp_path / "a" / f"{name.replace('_', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return circles(arrows(modules(tmp_path, "a")))

    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import {}\n"
    assert house(one="from a import two\n", two="import os\n", three="import a.one\n") == []
    assert house(two="def late():\n    try:\n        import a.one\n    finally:\n        pass\n") == [
        ["a.one", "a.two"],
        ["a.two", "a.one"],
    ]
    assert house(two=typed.format("one")) == []  # types, in one folder
    assert house(
        two="import os\n",
        room_four="import a.one\n",
        one=typed.format("room").replace("a import", "a.room import four #"),
    ) == [
        ["a.one", "a.room.four"],
        ["a.room.four", "a.one"],
    ]
