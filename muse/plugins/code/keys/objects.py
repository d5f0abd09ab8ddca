"""Where the keys of a JSON file stand, read token by token; comments, and commas behind the last item, are allowed.

The grammar of tree-sitter takes neither such commas nor a number like `1e+9`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muse.plugins.code.keys.address import Path
from muse.plugins.code.keys.places import Pair, Places, Scope
from muse.plugins.code.keys.values import yaml_name

_TOKEN = re.compile(rb'(?:\s|//[^\n]*|/\*.*?\*/|\xef\xbb\xbf)*("(?:[^"\\\n]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"/]+)', re.S)


@dataclass
class _Open:
    """An object or a list that is being read: `scope` for an object whose keys have addresses (those in lists have
    none), the pair whose value it is, and the key that waits for its value."""

    scope: Scope | None
    pair: Pair | None
    key: tuple[int, int] | None = None


def json_places(data: bytes) -> Places:
    """The pairs and objects of a file; of one that is no JSON those before the mistake that are whole."""
    places = Places("json", data)
    order: list[Pair] = []
    open_: list[_Open] = []
    at = 0
    while (found := _TOKEN.match(data, at)) is not None:
        start, at = found.span(1)
        token = found[1]
        here = open_[-1] if open_ else None
        if token in (b",", b":"):
            continue
        if token in (b"}", b"]"):
            if here is None:
                break
            open_.pop()
            if here.scope is not None:
                places.scopes[here.scope.path] = here.scope._replace(end=at)
            if here.pair is not None and here.pair.value is not None:
                value = here.pair.value[0], at
                _add(order, open_[-1].scope, here.pair._replace(end=at, value=value))
            continue
        if here is not None and here.scope is not None and here.key is None:
            here.key = start, at
            continue
        pair = _pair(data, here, (start, at), token == b"null")
        if token in (b"{", b"["):
            named = token == b"{" and (here is None or here.scope is not None)
            path: Path = () if pair is None else pair.path
            open_.append(_Open(Scope(path, start, at, True, []) if named else None, pair))
        elif pair is not None and here is not None:
            _add(order, here.scope, pair)
    places.pairs = sorted(order, key=lambda pair: pair.start)
    return places


def _pair(data: bytes, around: _Open | None, value: tuple[int, int], null: bool) -> Pair | None:
    """The pair a value belongs to; None for the whole file, or an item of a list."""
    if around is None or around.scope is None or around.key is None:
        return None
    (start, end), around.key = around.key, None
    path = (*around.scope.path, yaml_name(data[start:end].decode("utf-8", "replace")))
    return Pair(path, start, value[1], end, value, scope=around.scope.path, is_null=null)


def _add(order: list[Pair], scope: Scope | None, pair: Pair) -> None:
    order.append(pair)
    if scope is not None:
        scope.pairs.append(pair)


__all__ = ["json_places"]
