"""Which nodes of a syntax tree are entries, by what name, and which names they bind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from muse.core.late import regex
from muse.core.law.entries import Told
from muse.plugins.code.languages.table import Language
from muse.plugins.code.syntax.numbers import is_member, number_of
from muse.plugins.code.syntax.parameters import parameter_types
from muse.plugins.code.syntax.parsing import flat_text as _text
from muse.plugins.code.syntax.parsing import text_of
from muse.plugins.code.syntax.symbols import core_of, name_of

if TYPE_CHECKING:
    from tree_sitter import Node

Name = tuple[str, str, str]
"""Name space, name, and what tells two of one name apart: the types of the parameters, where there are overloads."""


class Named(NamedTuple):
    """What an entry is called."""

    kind: str
    name: str
    binds: tuple[Name | Told, ...]
    number: str
    member: bool = False
    """True where two of one number are one thing by mistake: members of an enum."""


CODE = frozenset({"function", "method", "constructor", "macro", "call", "case"})
"""Kinds whose inside is statements: only what is defined in them is an entry of its own."""

_CONSTANTS = frozenset({"constant", "static", "macro", "attribute"})
# nodes that hold values: a table of keys or a list of things
_TABLES = frozenset(
    {
        "object", "dictionary", "hash", "array", "list", "set", "tuple", "literal_value", "initializer_list",
        "array_creation_expression", "flow_mapping", "flow_sequence", "block_mapping", "block_sequence", "inline_table",
        "array_element_initializer",
    }
)  # fmt: skip
# nodes one may look through on the way from a name to its value
_THROUGH = frozenset(
    {
        "block_node", "flow_node", "document", "stream", "parenthesized_expression", "as_expression", "literal_element",
        "satisfies_expression", "composite_literal", "expression_list", "content", "expression_statement", "value",
        "object_type", "export_statement",
    }
)  # fmt: skip
_LISTS = frozenset({"array", "list", "set", "tuple", "initializer_list", "flow_sequence", "literal_element"})
NAMELESS = frozenset(
    {
        "arrow_function", "function_expression", "generator_function", "func_literal", "lambda", "anonymous_function",
        "object_creation_expression", "class", "anonymous_class", "object_literal", "lambda_expression",
    }
)  # fmt: skip
"""Functions and classes that have no name; what is defined in them is counted by block (`scopes.py`)."""
_OPAQUE = frozenset(
    {
        "lambda", "closure_expression", "token_tree", "template_string", "string",
        "parameters", "formal_parameters", "type_arguments", "paragraph", "inline", "fenced_code_block",
        "annotation", "attribute", "decorator", "string_literal", "interpreted_string_literal",
    }
)  # fmt: skip
SHELLS = frozenset(
    {"lexical_declaration", "variable_declaration", "var_declaration", "const_declaration", "export_statement"}
)
_CONDITION = regex(rb"cfg\([^\n]*")
_FIELDS = frozenset({"field_declaration", "event_field_declaration"})
_LISTED = ("id", "name", "key", "Id", "Name", "@id", "slug", "path", "alert", "record", "job_name", "repo", "uses")
_SET = regex(r"([A-Za-z_]\w*)=")  # an item that gives a variable its value
_QUOTES = "\"'`:"


def is_data(language: Language, node: Node) -> bool:
    """True when what is inside of a node is the value of its name."""
    return node.type in language.named or node.type in language.values or node.parent is None


def inside_of(node: Node) -> Node:
    """What a statement declares, where that is one thing: the statement is then the place of its entry."""
    while node.type in SHELLS or node.type in _FIELDS:
        named = [child for child in node.named_children if node.type in SHELLS or child.type in SHELLS]
        if node.type == "variable_declaration":
            named = [child for child in named if child.type == "variable_declarator"] or named
        if len(named) != 1:
            return node
        node = named[0]
    return node


def opens(language: Language, node: Node, inside: str, *, values: bool) -> bool | None:
    """Whether entries are looked for inside of a node that is none itself: None when not, else whether in a value."""
    if node.type in _TABLES:
        around = node.parent
        return True if values and not (around is not None and around.type in _LISTS) else None
    if node.type in _OPAQUE:
        return None
    if node.type in _THROUGH:
        return values
    return False


def identity_of(language: Language, node: Node, data: bytes, *, values: bool, inside: str) -> Named | None:
    """The node as an entry; None when it is none."""
    core = core_of(language, node)
    kind = language.definitions.get(core.type)
    if kind is not None:
        return _definition(language, node, core, kind, data)
    if node.type in language.clauses or language.freely.get(node.type) == "case":
        found = _case(node, data)
        told = found is not None and node.type in language.clauses
        return found._replace(binds=(Told("clause", found.name),)) if found is not None and told else found
    if inside in CODE:
        return _call(language, node, data) if inside == "call" else None
    if node.type == "document" and language.name == "yaml":
        return _document(node, data)
    path = language.named.get(node.type)
    if path is not None:
        return _named(language, node, path, data, values=values)
    if node.type in language.calls:
        return _call(language, node, data)
    if node.type in language.values and values:
        return _listed(language, node, data)
    if node.type in ("object", "dictionary", "hash", "literal_value", "initializer_list") and values:
        around = node.parent
        if around is not None and around.type in _LISTS:
            return _listed(language, node, data)
    return None


def _case(node: Node, data: bytes) -> Named | None:
    """A case of a switch, by what it is for; nothing is counted, as two switches may be alike."""
    value = node.child_by_field_name("value") or (node.named_children[0] if node.named_children else None)
    return Named("case", _text(value, data), (), "") if value is not None else None


def _definition(language: Language, node: Node, core: Node, kind: str, data: bytes) -> Named | None:
    if core.type == "section":
        return _section(core, data)
    if core.type == "rule":
        return _rule(core, data)
    name = name_of(language, core, data)
    if not name:
        return None
    head = data[max(0, node.start_byte - 200) : core.start_byte]
    lawful = name in language.repeatable or name[:1] == "&" in language.repeatable
    if node.id != core.id and not lawful:
        outside = text_of(node, data)[: core.start_byte - node.start_byte].decode("utf-8", "replace")
        lawful = any(word in outside for word in language.repeatable)
    body = core.child_by_field_name("body")
    forward = body is None and core.type in language.forward
    if forward and core.type.endswith("_specifier"):
        return None  # a type that is named in passing
    if kind == "impl":
        trait = core.child_by_field_name("trait")
        name = f"{_text(trait, data)} for {name}" if trait is not None else f"impl {name}"
    elif kind == "method" and (receiver := core.child_by_field_name("receiver")) is not None and language.name == "go":
        name = re.sub(r"[()*]|^\(\w+ ", "", re.sub(r"^\(\w+\s+", "(", _text(receiver, data))) + "." + name
    elif core.type == "singleton_method":
        name = "self." + name
    lawful = lawful or core.parent is None or (language.name == "cpp" and core.id != node.id)
    lawful = lawful or any(child.type == "modifier" and text_of(child, data) == b"partial" for child in core.children)
    again = kind in language.again and " for " not in name and _reopens(core)
    binds = _bound_again(core, name, data) if forward or again else ()
    condition = b"".join(_CONDITION.findall(head[head.rfind(b"\n\n") + 1 :])).decode("utf-8", "replace")
    if not (lawful or forward or again):
        accessor = next((c.type for c in core.children if c.type in ("get", "set", "static") and kind != "static"), "")
        overloads = (
            language.overloads
            and "trait" not in language.signature
            and kind
            not in (
                "struct",
                "class",
                "enum",
                "type",
                "interface",
                "trait",
                "union",
                "record",
            )
        )
        types = parameter_types(language, core, data) if overloads else ""
        binds = ((language.spaces.get(kind, "") + accessor, spelled(language, name), types + condition),)
    return Named(kind, name, binds, number_of(core, data) if kind in _CONSTANTS else "")


def _bound_again(core: Node, name: str, data: bytes) -> tuple[Name, ...]:
    """What a declaration binds that may stand beside others of its name: a signature with these parameters, of an
    extension that its type is one of those."""
    given = core.child_by_field_name("parameters")
    if given is not None and core.type.endswith("signature"):
        return (("overload", name, "".join(_text(given, data).split())),)
    specified = [one for one in core.named_children if one.type == "inheritance_specifier"]
    return tuple(("conforms", f"{name}: {_text(one, data)}", "") for one in specified)


def spelled(language: Language, name: str) -> str:
    """A name in the form in which equal names are equal."""
    if language.name == "lua":
        return name.replace(":", ".")
    return name.lower() if language.name in _ANY_CASE else name


_ANY_CASE = frozenset({"fortran", "powershell"})
"""Languages in which a name may be written large or small."""


def _reopens(core: Node) -> bool:
    """False for what a grammar gives the type of an extension, and is none: classes of Swift."""
    said = core.child_by_field_name("declaration_kind")
    return said is None or said.type == "extension"


def _section(core: Node, data: bytes) -> Named | None:
    """A section under a heading."""
    heading = core.named_children[0] if core.named_children else None
    if heading is None or "heading" not in heading.type:
        return None
    name = _text(heading, data)
    return Named("section", name, (("", name, ""),), "")


def _rule(core: Node, data: bytes) -> Named | None:
    """A rule of a makefile binds its targets, when it has a recipe and one colon."""
    targets = core.named_children[0] if core.named_children else None
    if targets is None or targets.type != "targets":
        return None
    names = [_text(child, data) for child in targets.named_children]
    double = any(child.type == "::" for child in core.children)
    recipe = any(child.type == "recipe" for child in core.children)
    plain = [one for one in names if not one.startswith(".")]
    binds = tuple(("", one, "") for one in plain) if recipe and not double else ()
    return Named("rule", " ".join(names), binds, "")


def _named(language: Language, node: Node, path: str, data: bytes, *, values: bool) -> Named | None:
    """A node that the table names: a key, a field, a variable, a rule of a style sheet, an element."""
    around = _ONLY_IN.get(node.type)
    if (node.type in language.needs_table and not values) or (
        around and (not node.parent or node.parent.type != around)
    ):
        return None
    if path == "element":
        return _element(node, data)
    names = [name for one in path.split("|") for name in names_at(node, one.split("."), data)]
    if not names:
        return _prototype(language, node, data)
    number = number_of(node, data)
    space = language.spaces.get(node.type, "")
    known = (name for name in names if name != "_" and name not in language.repeatable)
    binds = tuple((space, spelled(language, name), "") for name in known)
    if node.type in language.loose or _adds(node):
        binds = ()
    if node.type in ("table", "table_array_element") and node.type in language.named:
        name = names[0]
        if node.type == "table_array_element":
            inner = _listed(language, node, data)
            if inner is None:
                return Named("table", f"{name}[]", (), "")
            return Named("table", f"{name}[{inner.name}]", (Told(name, inner.name + _version(node, data)),), "")
        return Named("table", name, binds, "")
    return Named(node.type, ",".join(names), binds, number, bool(number) and is_member(node, data))


_ONLY_IN = {"property_identifier": "enum_body"}  # what is an entry there, and elsewhere a part of one


def _prototype(language: Language, node: Node, data: bytes) -> Named | None:
    """The declaration of a function, which may stand beside its definition, and once."""
    at = node.child_by_field_name("declarator")
    while at is not None and at.type in ("pointer_declarator", "reference_declarator"):
        at = at.child_by_field_name("declarator") or (at.named_children[-1] if at.named_children else None)
    called = at.child_by_field_name("declarator") if at is not None and at.type == "function_declarator" else None
    if called is None or called.type == "parenthesized_declarator":
        return None
    name, around = _text(called, data), node.parent
    if around is not None and around.type == "template_declaration":
        return Named("prototype", name, (), "")
    return Named("prototype", name, (("prototype", name, parameter_types(language, node, data)),), "")


def _version(node: Node, data: bytes) -> str:
    """The version a table gives itself: a lock file has two of one package."""
    pairs = [child.named_children for child in node.named_children if child.type == "pair"]
    return next((_text(pair[1], data) for pair in pairs if len(pair) > 1 and _text(pair[0], data) == "version"), "")


def _adds(node: Node) -> bool:
    """True for an assignment that adds to what is there, and for a property given to a type that is named there."""
    added = ("+=", "?=", "user_type") if node.type == "property_declaration" else ("+=", "?=")
    return any(child.type in added for child in node.children)


PATTERNS = frozenset({"object_pattern", "array_pattern"})
_SKIPPED = frozenset({"property_identifier", "string", "computed_property_name"})


def taken_apart(node: Node) -> list[Node]:
    """The identifiers that a pattern binds: `const { a, b: c = 1, ...d } = e`; none where it declares nothing."""
    around = node.parent
    if node.type not in PATTERNS or around is None or around.type != "variable_declarator":
        return []
    found, stack = [], [node]
    while stack:
        at = stack.pop()
        if at.type in ("identifier", "shorthand_property_identifier_pattern"):
            found.append(at)
            continue
        inner = [child for child in at.named_children if child.type not in _SKIPPED]
        stack.extend(inner[:1] if at.type.endswith("assignment_pattern") else reversed(inner))
    return found


def _at(node: Node, step: str) -> list[Node]:
    """The children that a step of a path leads to: by place, by field, or by type where no field is called so."""
    if step.isdigit():
        return node.named_children[int(step) : int(step) + 1]
    return node.children_by_field_name(step) or [child for child in node.named_children if child.type == step]


def names_at(node: Node, steps: list[str], data: bytes) -> list[str]:
    """The names at the end of a path of fields, places, types of children; a declarator leads to what it declares."""
    nodes = [node]
    for step in steps:
        if step == "*":
            continue
        nodes = [child for at in nodes for child in _at(at, step)]
    names = []
    for at in nodes:
        while at is not None and (deeper := at.child_by_field_name("declarator")) is not None:
            if at.type == "function_declarator":
                return []
            at = deeper
        if at.type in ("object_pattern", "array_pattern", "tuple_pattern", "pattern_list", "function_declarator"):
            continue
        name = _text(at, data).strip(_QUOTES)
        if 0 < len(name) < 200:
            names.append(name)
    return names


def _call(language: Language, node: Node, data: bytes) -> Named | None:
    """A call that declares something: `describe("x", ...)`, `task :x do`, `gem "x"`."""
    call = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
    if call.type not in ("call_expression", "call"):
        return None
    method = call.child_by_field_name("function") or call.child_by_field_name("method")
    arguments = call.child_by_field_name("arguments")
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if (
        method is None
        or arguments is None
        or first is None
        or first.type not in ("string", "simple_symbol", "template_string")
    ):
        return None
    if call.child_by_field_name("receiver") is not None:
        return None
    while method.type == "call_expression" and (table := method.child_by_field_name("function")) is not None:
        method = table  # `it.each([...])("x", ...)`
    block = call.child_by_field_name("block") is not None or any(
        child.type in ("arrow_function", "function_expression", "function") for child in arguments.named_children[1:]
    )
    name = f"{_text(method, data)} {_text(first, data).strip(_QUOTES)}"
    if not block and _text(method, data) not in ("gem", "require", "require_relative"):
        return None
    return Named("call", name, (Told("call", name),), "")


def _listed(language: Language, node: Node, data: bytes) -> Named | None:
    """An item of a list, by the name it gives itself."""
    keys: dict[str, str] = {}
    stack = list(reversed(node.named_children))
    while stack:
        at = stack.pop()
        key = at.child_by_field_name("key") or (at.named_children[0] if at.named_child_count > 1 else None)
        if (
            at.type in ("pair", "block_mapping_pair", "flow_pair", "keyed_element", "initializer_pair")
            and key is not None
        ):
            value = at.child_by_field_name("value") or at.named_children[-1]
            if value.end_byte - value.start_byte < 200:
                keys.setdefault(_text(key, data).strip("\"'.`"), _text(value, data).strip(_QUOTES))
        elif at.type in ("block_node", "flow_node", "block_mapping", "flow_mapping"):
            stack.extend(reversed(at.named_children))
        elif node.type == "block_sequence_item" and "scalar" in at.type:
            text = _text(at, data)
            given = _SET.match(text.strip(_QUOTES))
            return Named("item", text, (), "") if given is None else _item(given[1])
    for word in _LISTED:
        if keys.get(word):
            return Named("item", keys[word], (), "") if word == "uses" else _item(keys[word])
    return None


def _item(name: str) -> Named:
    return Named("item", name, (Told("item", name),), "")


def _document(node: Node, data: bytes) -> Named | None:
    """One of several documents in a file, by the kind and name it gives itself."""
    if node.parent is None or sum(child.type == "document" for child in node.parent.children) < 2:
        return None
    text = data[node.start_byte : node.end_byte]
    kind, name = (re.search(pattern, text, re.M) for pattern in (rb"^kind:[ ]*(\S+)", rb"^(?:  )?name:[ ]*(\S+)"))
    parts = [found.group(1).decode("utf-8", "replace") for found in (kind, name) if found is not None]
    return Named("document", "/".join(parts), (Told("document", "/".join(parts)),) if len(parts) > 1 else (), "")


def _element(node: Node, data: bytes) -> Named | None:
    """An element of markup: by its id, by what names it inside, by its tag alone where it holds others or a value."""
    tag = next((child for child in node.named_children if child.type in ("STag", "EmptyElemTag", "start_tag",
                "self_closing_tag")), None)  # fmt: skip
    if tag is None or not tag.named_children:
        return None
    name = _text(tag.named_children[0], data)
    if (key := _property(node, data)) is not None:
        return Named("element", f"{name}#{key}", (("key", key, ""),) if name == "key" else (), "")
    attributes = _attributes(tag, data)
    for key in ("id", "name", "key", "Include", "Id", "Name", "android:name", "x:Name", "ref", "Update"):
        if attributes.get(key):
            return Named("element", f"{name}#{attributes[key]}", ((name, attributes[key], key),), "")
    inner = _inner_texts(node, data)
    known = [inner[key] for key in ("groupId", "artifactId", "classifier", "type") if key in inner]
    if "artifactId" in inner:
        return Named("element", f"{name}#{':'.join(known)}", ((name, ":".join(known), ""),), "")
    for key in ("id", "name", "key") if name != "dict" else ():
        if key in inner and len(inner[key]) < 100:
            return Named("element", f"{name}#{inner[key]}", (), "")
    return Named("element", name, (Told("tag", name, 2),), "")


def _property(node: Node, data: bytes) -> str | None:
    """Of a `<key>` in the `<dict>` of a property list, or of the value behind it: the key."""
    around = node.parent.parent if node.parent is not None else None
    if around is None or not data.startswith(b"<dict>", around.start_byte):
        return None
    at: Node | None = node
    while at is not None and not data.startswith(b"<key>", at.start_byte):
        at = at.prev_named_sibling
        if at is not None and at.type == "element" and not data.startswith(b"<key>", at.start_byte):
            return None
    return _inner_text(at, data) if at is not None else None


def _inner_text(node: Node, data: bytes) -> str | None:
    content = next((child for child in node.named_children if child.type == "content"), None)
    return None if content is None else _text(content, data)


def _attributes(tag: Node, data: bytes) -> dict[str, str]:
    """The attributes of a tag, without their quotes."""
    return {
        _text(child.named_children[0], data): _text(child.named_children[1], data).strip(_QUOTES)
        for child in tag.named_children[1:]
        if child.type in ("Attribute", "attribute") and child.named_child_count > 1
    }


def _inner_texts(node: Node, data: bytes) -> dict[str, str]:
    """The texts of the elements right inside, by their tags; the first of each."""
    found: dict[str, str] = {}
    content = next((child for child in node.named_children if child.type == "content"), None)
    for child in content.named_children if content is not None else ():
        if child.type == "element" and child.named_child_count == 3:
            parts = child.named_children
            if parts[1].type == "content":
                found.setdefault(_text(parts[0].named_children[0], data), _text(parts[1], data))
    return found
