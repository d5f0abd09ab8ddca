"""What a language table says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tree_sitter import Node

_NONE: Mapping[str, str] = MappingProxyType({})
KEYED = frozenset({"json", "yaml", "toml", "ini"})
"""Languages of keys and values, whose keys are what an op can name."""
VALUED = KEYED | {"gomod", "po", "requirements", "xml", "yarn"}
"""Languages whose changes are told by key."""
OWN_FILE = frozenset({"javascript", "python", "tsx", "typescript"})
"""Languages in which a name that stands alone is bound in its file."""

BRANCHES = frozenset(
    {
        "preproc_ifdef", "preproc_if", "preproc_else", "preproc_elif", "if_statement", "else_clause", "try_statement",
        "except_clause", "conditional", "if_modifier", "if", "unless", "case", "switch_statement", "match_statement",
    }
)  # fmt: skip
"""Nodes of common grammars of which only some are run or built."""

EXCLUSIVE = {
    **dict.fromkeys(("public", "protected", "private", "internal", "visibility_modifier"), "visibility"),
    **dict.fromkeys(("abstract", "final", "inheritance_modifier"), "inheritance"),
}
"""Words of which a definition has one at most, and what they tell."""


FEW = 80
"""Lines that a pattern of blocks looks at before it knows that one begins: each line is looked at as often as that."""


class Made(NamedTuple):
    """Neighbours that are one thing (`syntax/reading.py`): its type, its parts, what these are to it ("name", "body").

    `shape` tells two of one name apart. `flat`: it is one node under another type, and its parts are that node's.
    """

    type: str
    nodes: Sequence[Union[Node, Made]]
    fields: Mapping[str, Sequence[Union[Node, Made]]] = MappingProxyType({})
    shape: str = ""
    flat: bool = False


def gathered(node: Node, part: str, kind: str) -> Iterator[Union[Node, Made]]:
    """A node's children, those from the first to the last of a type as one of them."""
    places = [at for at, child in enumerate(node.children) if child.type == part]
    low, high = (places[0], places[-1] + 1) if places else (0, 0)
    yield from node.children[:low]
    if places:
        yield Made(kind, node.children[low:high])
    yield from node.children[high:]


class Nested(NamedTuple):
    """Patterns for files that a program writes with one thing a line (`syntax/nested_lines.py`).

    `key` names an entry by its text, white space squeezed; `opens` is asked of the first line of an entry that holds
    others, `commas` of one whose entries are a list with commas between, and of these, and of what `items` begins,
    only those in an entry that `free` finds may stand in any order. `begins` and `ends` are lines around a part of the
    file; `top` begins an entry of the file, indented or not. `ids`: what has another name is another thing, however
    much alike. `once`: the names that may stand once, with a slash before those inside of an entry; where it is
    empty, those that no version has twice.
    `closes` is a word that closes an entry, beside a bracket.
    `numbers` finds what numbers an entry, in the group that matches; in one that `flat` finds the names and numbers are
    those of what it stands in. `made` finds the words of a name that only say what it is: they are left out of what
    it binds. `note` is another sign that begins a comment; `text` finds (its first group) what ends a text that goes on
    over the lines below, whatever these say.
    """

    key: str
    opens: str
    commas: str = ""
    free: str = ""
    items: str = ""
    begins: str = ""
    ends: str = ""
    top: str = ""
    once: str = ""
    numbers: str = ""
    flat: str = ""
    ids: bool = False
    closes: str = ""
    made: str = ""
    note: str = ""
    text: str = ""


class Language(NamedTuple):
    """One language: its grammar and which of the grammar's nodes mean what.

    `grammar` is (module, function) of the wheel that holds it, None where no wheel exists; `lines` then describes the
    language by a pattern for section headers ("" for none) and one whose groups identify a line ("" for none). `prose`
    in place of the first is for text under headings (`syntax/prose.py`), where the second says what else has a name:
    "items" of lists, or these and lines that name "people". `blocks`: the second finds each block of lines, its first
    group names it; with `arity`, a name with arguments is known by how many there are. `nested` is the field of that
    name. `definitions` maps a node type to the kind a person reads ("function"). `name_fields` are tried in order to
    find a definition's name; a dotted one descends. `nameless` are definitions that may do without, with the name they
    then have. `wrappers` are nodes that stand around a definition (decorators, export).
    `bodies` are nodes whose children are merged as a list, in order; `sets` are those whose children may stand in any
    order; `lists` are sets whose items are separated by a comma or the like; `sequences` are separated as well, but
    only their `free` items may stand in any order (keyword arguments); `only` says
    what all items of one have to be. `heads` are children that are no items of the
    list they stand in; `listed_field` names the field that holds a list's items where other children stand beside them.
    `separators` says what else separates items, for each type of list; a list of `spaced` has white space alone between
    them, and words of the grammar are items too. `trailing`: a separator may stand behind the last item, of which the
    grammar knows nothing. `sought` are lists of values that are sets only where the names that
    lead to them, dots between, are found by a pattern (`__all__`, `project.dependencies`).
    `imports` are nodes that may be sorted among themselves. `keys` names, for nodes that are no definitions, the fields
    (or places of named children, `*` for the whole text, `listed` for what gives itself a name) that identify them
    among their siblings. `leading` are
    attributes that stand before what they belong to as nodes of their own. `unique` are nodes whose key may stand once
    among their siblings: a merge that repeats one is no clean merge.
    `signature` names the fields that make the signature; `overloads` says that two definitions of one name and kind
    may stand side by side when their signatures differ. `repeatable` are names, and decorators, under which a
    definition may repeat; `reopened` are kinds that may. `comment_line` is what stands before and after the text
    of a comment on one line. `cases` are words that begin a case of a switch that falls through to the next; of what
    stands in `branches` not everything is run or built, and may repeat. `indented`: the white space that begins a line
    has a meaning.
    `continued`: of the languages of lines, that a deeper line, or one behind a backslash, goes on with the one before.
    For the law (`muse.core.law`), `named` are nodes that are entries though no definitions, with the paths to the names
    they bind: fields or places of children, dots between steps, `|` between paths; `loose` those of them that may
    stand twice, `needs_table` those that are entries only inside of a table of values. `values` are items of lists,
    entries where they give themselves a name, `calls` statements that may declare something by calling it,
    `leading_imports` imports that keep their place before others. `spaces`
    gives kinds a name space of their own; `again` are kinds that may be defined twice, `forward` nodes that define only
    with a body.
    `locals` are statements and parameters that bind a name once in their block or list, with the path to it, behind
    `*.` in each of their children; a key with a slash is a node in that parent only.
    `overrides` tells of two entries of one scope, by their names, whether the later takes back what the earlier says.
    `freely` are nodes that name themselves and may stand in any order, with how they do (`syntax/free.py`).
    `apart` are statements that give names their values, with the path to the names: at the top of a file, in a class or
    of an object's attributes those of two sides may stand in any order, where neither says anything of the other's.
    `clauses` are entries of a function that is several, tried in their order, each known by its `value`.
    `place` finds in an item (its first group) where that comes from: new ones of both sides stand in that order.
    `counted` are definitions that number something as a rule: two new ones at one place may have taken one number.
    `reads` gives the children of a node as they are meant, where the grammar has the parts of one thing side by side;
    definitions made of such begin with nodes of `read_from`.
    `misread` are nodes that stand at the top of a file only where the grammar took definitions for something else.
    `skipped` finds (its first group) what the grammar takes for something else, or is no text of its language, and is
    not shown.
    """

    name: str
    grammar: tuple[str, str] | None = None
    definitions: Mapping[str, str] = _NONE
    name_fields: tuple[str, ...] = ("name",)
    wrappers: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset({"comment"})
    leading: frozenset[str] = frozenset()
    signature: tuple[str, ...] = ("parameters", "type_parameters", "return_type")
    overloads: bool = False
    misread: frozenset[str] = frozenset()
    skipped: str = ""
    nameless: Mapping[str, str] = _NONE
    repeatable: frozenset[str] = frozenset()
    reopened: frozenset[str] = frozenset()
    keys: Mapping[str, str] = _NONE
    separator: bytes = b","
    separators: Mapping[str, bytes] = MappingProxyType({})
    trailing: bool = False
    spaced: frozenset[str] = frozenset()
    sought: Mapping[str, str] = _NONE
    sequences: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    only: Mapping[str, str] = _NONE
    listed_field: Mapping[str, str] = _NONE
    lines: tuple[str, ...] = ()
    nested: Nested | None = None
    unique: frozenset[str] = frozenset()
    comment_line: tuple[bytes, bytes] = (b"", b"")
    cases: tuple[bytes, ...] = (b"case", b"default")
    branches: frozenset[str] = BRANCHES
    indented: bool = False
    continued: bool = False
    counted: frozenset[str] = frozenset()
    place: str = ""
    named: Mapping[str, str] = _NONE
    loose: frozenset[str] = frozenset()
    needs_table: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    leading_imports: frozenset[str] = frozenset()
    spaces: Mapping[str, str] = _NONE
    again: frozenset[str] = frozenset()
    forward: frozenset[str] = frozenset()
    locals: Mapping[str, str] = _NONE
    freely: Mapping[str, str] = _NONE
    apart: Mapping[str, str] = _NONE
    clauses: frozenset[str] = frozenset()
    overrides: Callable[[str, str], bool] | None = None
    reads: Callable[[Node, bytes], Iterable[Union[Node, Made]]] | None = None
    read_from: frozenset[str] = frozenset()
