"""The names that import statements bind, one by one: two spellings of one import are one thing to the law."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from muse.core.late import regex
from muse.plugins.code.syntax.parsing import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

Bound = tuple[str, str]
"""The name bound in the file (what no other may bind), and what it stands for."""

_VERSION = regex(r"v\d+$")


def bound_by(language: str, node: Node, data: bytes) -> list[Bound]:
    """What an import statement binds; for one that binds nothing, what it imports."""
    found = list(_READERS.get(language, _last)(node, data))
    text = " ".join(_text(node, data).split())
    return found or [(text, text)]


def _text(node: Node, data: bytes) -> str:
    return text_of(node, data).decode("utf-8", "replace")


def _field(node: Node, name: str, data: bytes) -> str:
    found = node.child_by_field_name(name)
    return "" if found is None else _text(found, data)


def _python(node: Node, data: bytes) -> Iterator[Bound]:
    module = _field(node, "module_name", data)
    if node.type == "future_import_statement":
        module = "__future__"
    for name in node.children_by_field_name("name"):
        whole = _field(name, "name", data) if name.type == "aliased_import" else _text(name, data)
        alias = _field(name, "alias", data) if name.type == "aliased_import" else whole
        yield (f"{module}.{alias}" if module == "__future__" else alias), f"{module}:{whole}"


def _javascript(node: Node, data: bytes) -> Iterator[Bound]:
    source = _field(node, "source", data)
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    for child in clause.named_children if clause is not None else ():
        if child.type == "identifier":
            yield _text(child, data), f"{source}:default"
        elif child.type == "namespace_import":
            yield _text(child.named_children[-1], data), f"{source}:*"
        for each in child.named_children if child.type == "named_imports" else ():
            if each.type == "import_specifier":
                name = _field(each, "name", data)
                yield _field(each, "alias", data) or name, f"{source}:{name}"


def _go(node: Node, data: bytes) -> Iterator[Bound]:
    stack = [node]
    while stack:
        at = stack.pop()
        if at.type != "import_spec":
            stack.extend(reversed(at.named_children))
            continue
        path = _field(at, "path", data).strip('"`')
        parts = path.split("/")
        last = parts[-2] if len(parts) > 1 and _VERSION.match(parts[-1]) else parts[-1]
        name = _field(at, "name", data) or last
        yield (path, path) if name in ("_", ".") else (name, path)


def _rust(node: Node, data: bytes) -> Iterator[Bound]:
    argument = node.child_by_field_name("argument")
    stack: list[tuple[Node, str]] = [(argument, "")] if argument is not None else []
    while stack:
        at, prefix = stack.pop()
        if at.type in ("scoped_use_list", "use_list"):
            inner = prefix + _field(at, "path", data) + "::" if at.type == "scoped_use_list" else prefix
            names = at.child_by_field_name("list") if at.type == "scoped_use_list" else at
            stack.extend((child, inner) for child in reversed(names.named_children if names is not None else []))
        elif at.type == "use_as_clause":
            alias, path = _field(at, "alias", data), prefix + _field(at, "path", data)
            yield (path if alias == "_" else alias), path
        elif at.type == "use_wildcard":
            yield prefix + _text(at, data), prefix + _text(at, data)
        elif at.type != "line_comment" and at.type != "block_comment":
            path = prefix + _text(at, data)
            parts = path.split("::")
            yield (parts[-2] if parts[-1] == "self" and len(parts) > 1 else parts[-1]), path


def _java(node: Node, data: bytes) -> Iterator[Bound]:
    text = " ".join(_text(node, data).split()).removeprefix("import ").rstrip("; ")
    static = text.startswith("static ")
    path = text.removeprefix("static ")
    name = path.rsplit(".", 1)[-1]
    yield (text if name == "*" or static else name), text


def _php(node: Node, data: bytes) -> Iterator[Bound]:
    prefix = next((_text(child, data) for child in node.named_children if child.type == "namespace_name"), "")
    head = " ".join(_text(node, data).split()[1:2])
    space = head + " " if head in ("function", "const") else ""
    stack = list(reversed(node.named_children))
    while stack:
        at = stack.pop()
        if at.type != "namespace_use_clause":
            stack.extend(reversed(at.named_children))
            continue
        alias = _field(at, "alias", data)
        path = (_text(at, data).split(" as ")[0] if alias else _text(at, data)).strip()
        yield space + (alias or path.rsplit("\\", 1)[-1]), f"{space}{prefix}\\{path}"


def _solidity(node: Node, data: bytes) -> Iterator[Bound]:
    source = _field(node, "source", data)
    if " as " not in _text(node, data):
        for name in node.children_by_field_name("import_name"):
            yield _text(name, data), f"{source}:{_text(name, data)}"


def _julia(node: Node, data: bytes) -> Iterator[Bound]:
    for part in node.named_children:
        selected = part.named_children if part.type == "selected_import" else []
        module = _text(selected[0], data) if selected else ""
        for one in selected[1:] or [part]:
            inner = one.type in ("import_alias", "scoped_identifier", "import_path") and one.named_children
            yield _text(inner[-1] if inner else one, data), f"{module}:{_text(one, data)}"


def _fortran(node: Node, data: bytes) -> Iterator[Bound]:
    parts = {child.type: child for child in node.named_children}
    module = _text(parts["module_name"], data) if "module_name" in parts else ""
    for name in parts["included_items"].named_children if "included_items" in parts else ():
        yield f"{module}:{_text(name, data)}", f"{module}:{_text(name, data)}"


def _csharp(node: Node, data: bytes) -> Iterator[Bound]:
    text = " ".join(_text(node, data).split()).rstrip("; ")
    name = _field(node, "name", data)
    yield name or text, text


def _kotlin(node: Node, data: bytes) -> Iterator[Bound]:
    text = " ".join(_text(node, data).split()).removeprefix("import ").rstrip("; ")
    path, _, alias = text.partition(" as ")
    yield _type_or_path(alias or path.rsplit(".", 1)[-1], path), path


def _scala(node: Node, data: bytes) -> Iterator[Bound]:
    path = ".".join(_text(child, data) for child in node.children_by_field_name("path"))
    inner = [child for child in node.named_children if child.type == "namespace_selectors"]
    for each in inner[0].named_children if inner else ():
        renamed = each.type == "arrow_renamed_identifier"
        name = _field(each, "name", data) if renamed else _text(each, data)
        bound = _field(each, "alias", data) if renamed else name
        yield _type_or_path(bound, f"{path}.{name}"), f"{path}.{name}"
    if not inner:
        text = " ".join(_text(node, data).split()).removeprefix("import ").rstrip("; ")
        yield _type_or_path(text.rsplit(".", 1)[-1], text), text


def _starlark(node: Node, data: bytes) -> Iterator[Bound]:
    file, *taken = [each for child in node.named_children[0].named_children for each in _strings(child)] or [node]
    for each in taken:
        alias = _field(each, "name", data) if each.type == "keyword_argument" else ""
        name = _field(each, "value", data) if alias else _text(each, data)
        yield alias or name.strip("\"'"), f"{_text(file, data)}:{name}"


def _strings(node: Node) -> list[Node]:
    """What a `load` is given: texts, and names with a text."""
    inner = node.named_children if node.type == "taken" else [node]
    return [each for each in inner if each.type in ("string", "keyword_argument")]


def _nix(node: Node, data: bytes) -> Iterator[Bound]:
    names = next((child for child in node.named_children if child.type == "inherited_attrs"), node)
    source = _field(node, "expression", data)
    for each in names.named_children:
        yield _text(each, data), f"{source}.{_text(each, data)}"


def _elixir(node: Node, data: bytes) -> Iterator[Bound]:
    text = " ".join(_text(node, data).split())
    path, _, given = text.removeprefix("alias ").partition(", as: ")
    if not text.startswith("alias ") or "," in path:
        yield text, text
        return
    yield (given or path.rsplit(".", 1)[-1]), path


def _zig(node: Node, data: bytes) -> Iterator[Bound]:
    name = next((child for child in node.named_children if child.type == "identifier"), node)
    yield _text(name, data), " ".join(_text(node, data).split())


def _type_or_path(name: str, path: str) -> str:
    """What an import binds: a type's name is one, functions of one name from two places may stand side by side."""
    return name if name[:1].isupper() else path


def _last(node: Node, data: bytes) -> Iterator[Bound]:
    """Languages that import by path: the statement is what it imports."""
    text = " ".join(_text(node, data).split()).rstrip("; ")
    yield text, text


def _dart(node: Node, data: bytes) -> Iterator[Bound]:
    """An annotation of the library stands in the first import, whichever that is."""
    inner = node.named_children[0] if node.named_children else node
    said = [child for child in inner.named_children if child.type != "annotation"]
    text = " ".join(_text(child, data) for child in said)
    text = " ".join(text.split()).rstrip("; ")
    yield text, text


_READERS: dict[str, Callable[[Node, bytes], Iterator[Bound]]] = {
    "dart": _dart,
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
    "tsx": _javascript,
    "component": _javascript,
    "go": _go,
    "rust": _rust,
    "java": _java,
    "php": _php,
    "solidity": _solidity,
    "fortran": _fortran,
    "julia": _julia,
    "csharp": _csharp,
    "kotlin": _kotlin,
    "scala": _scala,
    "starlark": _starlark,
    "nix": _nix,
    "elixir": _elixir,
    "zig": _zig,
}
