"""Keys of JSON, YAML and TOML edited by address; other readers of these formats say what the file means afterwards."""

from __future__ import annotations

import json
import random
import tomllib
from typing import Any

import pytest

from muse.core.errors import MuseError
from muse.plugins.code.keys import address_of, path_of
from muse.plugins.code.plugin import CodePlugin

PLUGIN = CodePlugin()
JSON = b'{\n  "server": {"port": 80, "hosts": ["a", "b"]},\n  "on": true,\n  "a.b": {\n    "c": 1\n  }\n}\n'
YAML = b"# head\nserver:\n  port: 80 # the port\n  flow: {a: 1, b: 2}\nname: 'it''s'\nempty:\nlast: x\n"
TOML = b'title = "t"\n\n[server]\nport = 80 # the port\ninline = { a = 1 }\n\n[server.sub]\n\n[[many]]\nz = 1\n'


def edited(path: str, data: bytes, *ops: tuple[Any, ...]) -> bytes:
    """The file after (kind, address, content?) edits."""
    made: list[Any] = [
        {"op": kind, "address": f"{path}::{address}", **({"content": rest[0]} if rest else {})}
        for kind, address, *rest in ops
    ]
    return PLUGIN.patch_file(path, data, made)


def test_a_value_is_replaced_and_nothing_else() -> None:
    assert edited("c.json", JSON, ("replace", "server.port", 81)) == JSON.replace(b"80", b"81")
    assert edited("c.json", JSON, ("replace", "on", None)) == JSON.replace(b"true", b"null")
    assert edited("c.json", JSON, ("replace", '"a.b".c', "ü")) == JSON.replace(b": 1", ': "ü"'.encode())
    assert edited("c.yaml", YAML, ("replace", "server.port", 81)) == YAML.replace(b"80", b"81")
    assert edited("c.yaml", YAML, ("replace", "server.flow.b", "two words")) == YAML.replace(b"b: 2", b"b: two words")
    assert edited("c.yaml", YAML, ("replace", "empty", "no")) == YAML.replace(b"empty:", b'empty: "no"')
    assert edited("c.toml", TOML, ("replace", "server.port", 81)) == TOML.replace(b"80", b"81")
    assert edited("c.toml", TOML, ("replace", "server.inline.a", [1, "x"])) == TOML.replace(b"a = 1", b'a = [1, "x"]')


def test_new_keys_land_inside_their_mapping() -> None:
    assert edited("c.json", JSON, ("insert", "server.tls", False)) == JSON.replace(b'"b"]}', b'"b"], "tls": false}')
    assert edited("c.json", JSON, ("insert", '"a.b".d', 2)) == JSON.replace(b'"c": 1\n', b'"c": 1,\n    "d": 2\n')
    assert edited("c.json", b"{}\n", ("insert", "a", 1)) == b'{"a": 1}\n'
    assert edited("c.json", b"{\n}\n", ("insert", "a", 1)) == b'{\n  "a": 1\n}\n'
    assert edited("c.json", b"", ("insert", "a", 1)) == b'{\n  "a": 1\n}\n'
    assert edited("c.yaml", YAML, ("insert", "server.tls", True)) == YAML.replace(b"b: 2}\n", b"b: 2}\n  tls: true\n")
    assert edited("c.yaml", b"a: 1", ("insert", "b", {"c": [1]})) == b"a: 1\nb:\n  c:\n    - 1\n"
    assert edited("c.toml", TOML, ("insert", "server.tls", True)) == TOML.replace(
        b"a = 1 }\n", b"a = 1 }\ntls = true\n"
    )
    assert edited("c.toml", TOML, ("insert", "server.sub.x", 1)) == TOML.replace(b"sub]\n", b"sub]\nx = 1\n")
    assert edited("c.toml", TOML, ("insert", "new", "v")) == TOML.replace(b'"t"\n', b'"t"\nnew = "v"\n')
    assert edited("c.toml", b"[a]\nb = 1\n", ("insert", "x", 1)) == b"x = 1\n\n[a]\nb = 1\n"


def test_a_key_goes_with_its_comma_or_its_line() -> None:
    assert edited("c.json", JSON, ("delete", "server.port")) == JSON.replace(b'"port": 80, ', b"")
    assert edited("c.json", JSON, ("delete", "server.hosts")) == JSON.replace(b', "hosts": ["a", "b"]', b"")
    assert edited("c.json", b'{"a": 1}', ("delete", "a")) == b"{}"
    assert json.loads(edited("c.json", JSON, ("delete", '"a.b"'))) == {"server": json.loads(JSON)["server"], "on": True}
    assert edited("c.yaml", YAML, ("delete", "server.port")) == YAML.replace(b"  port: 80 # the port\n", b"")
    assert edited("c.yaml", YAML, ("delete", "server")) == b"# head\nname: 'it''s'\nempty:\nlast: x\n"
    assert edited("c.toml", TOML, ("delete", "server.port")) == TOML.replace(b"port = 80 # the port\n", b"")


def test_inserting_a_key_that_is_there_gives_it_the_value() -> None:
    assert edited("c.json", JSON, ("insert", "on", 3)) == JSON.replace(b"true", b"3")


@pytest.mark.parametrize(
    ("path", "data", "op"),
    [
        ("c.json", JSON, ("replace", "server.nothing", 1)),
        ("c.json", JSON, ("insert", "nothing.at.all", 1)),
        ("c.json", JSON, ("delete", "nothing")),
        ("c.json", JSON, ("replace", "on")),
        ("c.json", JSON, ("replace", "a..b", 1)),
        ("c.toml", TOML, ("replace", "title", None)),
        ("c.toml", TOML, ("replace", "many.z", 1)),
        ("c.toml", TOML, ("insert", "many.y", 1)),
    ],
)
def test_what_does_not_fit_is_refused(path: str, data: bytes, op: tuple[Any, ...]) -> None:
    with pytest.raises(MuseError):
        edited(path, data, op)


@pytest.mark.parametrize("seed", range(40))
def test_any_edits_give_what_the_same_edits_give_the_value(seed: int) -> None:
    """The oracle is a dict and the readers of the standard library."""
    rng = random.Random(seed)
    value: dict[str, Any] = {"first": 1, "deep": {"x": {"y": []}}, "odd key": {"z.z": "s"}}
    text = json.dumps(value, indent=rng.choice([None, 1, 2, 4, "\t"])).encode()
    toml = b'first = 1\n[deep]\nk = 1\n[deep.x]\ny = []\n["odd key"]\n"z.z" = "s"\n'
    plain = tomllib.loads(toml.decode())
    for _ in range(25):
        path = (*rng.choice([(), ("deep",), ("deep", "x"), ("odd key",)]), rng.choice(["a", "b c", 'q"', "é", "n.m"]))
        new = rng.choice([1, -2.5, "t", 'q"u\\', True, [1, "b"], [], "two\nlines", {"in": 1}])
        kind = rng.choice(["insert", "insert", "delete"])
        for state in (value, plain):
            at: dict[str, Any] = state
            for name in path[:-1]:
                at = at[name]
            missing = path[-1] not in at
            if kind == "insert":
                at[path[-1]] = new
            else:
                at.pop(path[-1], None)
        op = (kind, address_of(path), new) if kind == "insert" else (kind, address_of(path))
        if kind == "delete" and missing:
            continue
        text = edited("c.json", text, op)
        toml = edited("c.toml", toml, op)
        assert json.loads(text) == value
        assert tomllib.loads(toml.decode()) == plain


RENAMED = [
    ("c.json", '{\n  "a": 1, // x\n  "b": {"c": 2}\n}\n', "a", "z z", '"a"', '"z z"'),
    ("c.json", '{\n  "a": 1, // x\n  "b": {"c": 2}\n}\n', "b.c", "d", '"c"', '"d"'),
    ("c.yaml", "a:\n  b: 1 # x\n\n  c: 2\nd: 1\n", "a", "on", "a:", '"on":'),
    ("c.toml", "[a]\n# x\nb = 1\n[a.c]\nd = 1\n[e]\n", "a", "z", "[a", "[z"),
    ("c.toml", "[a]\n# x\nb = 1\n[a.c]\nd = 1\n[e]\n", "a.c", '"z.y"', "a.c", 'a."z.y"'),
    ("c.toml", "a.b = 1\na.c = 2\nx = { y = 1}\n", "a.b", "z", "a.b", "a.z"),
    ("c.toml", "a.b = 1\na.c = 2\nx = { y = 1}\n", "x.y", "b", "y =", "b ="),
    ("c.toml", "[[a]]\nx=1\n[[a]]\ny=1 # v\n", "a", "b", "[[a]]", "[[b]]"),
    ("c.toml", "[tool.b] # c\ny=1\n\n# z\n[tool.c.d]\nz=2\n", "tool", "t t", "[tool.", '["t t".'),
]


@pytest.mark.parametrize(("path", "text", "name", "to", "old", "new"), RENAMED)
def test_a_key_under_another_name_stays_where_it_is(
    path: str, text: str, name: str, to: str, old: str, new: str
) -> None:
    ops = PLUGIN.rename(path, text.encode(), f"{path}::{name}", to)
    assert PLUGIN.patch_file(path, text.encode(), ops).decode() == text.replace(old, new)


def test_a_key_is_not_renamed_into_another_place() -> None:
    with pytest.raises(MuseError, match="another place"):
        PLUGIN.rename("c.json", JSON, "c.json::server.port", "other.port")


@pytest.mark.parametrize("path", [("a",), ("a", "b.c"), ('"',), ("::", "/"), ("", "x"), ("ü", "a b")])
def test_addresses_read_back(path: tuple[str, ...]) -> None:
    assert path_of(address_of(path)) == path
