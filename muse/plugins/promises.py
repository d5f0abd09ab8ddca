"""What a plugin promises and does not keep, in words, for `muse doctor` and `muse domains`.

Every sentence says what happens instead. Nothing here is needed to merge.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from muse.core.attributes import load_attributes
from muse.core.errors import MuseError
from muse.core.patterns import claims_by_pattern, patterns_of, sample
from muse.plugins import registry

SIX = ("snapshot", "diff", "merge", "drift", "apply", "schema")
FOUR = ("crdt_schema", "join", "to_crdt_state", "from_crdt_state")
MODES = ("three_way", "crdt")


class Mismatch(NamedTuple):
    """One promise not kept; `bad` is False for what works with a limit."""

    domain: str
    text: str
    bad: bool = True


def mismatches(first: str = "") -> Iterator[Mismatch]:
    """What is not as a plugin says, of every domain that can be loaded; `first` is the repository's own domain."""
    first = registry.ALIASES.get(first, first)
    if first and first not in registry.registered_domains():
        yield Mismatch(first, f"the repository's domain is {first!r}, and no installed package has it: nobody asks it")
    for name in registry.registered_domains():
        try:
            plugin: Any = registry.resolve_plugin_by_domain(name)
        except MuseError:
            continue  # `broken_plugins` tells
        for text, bad in (*_methods(plugin), *_schema(name, plugin), *_claims(name, plugin, first)):
            yield Mismatch(name, f"{name}: {text}", bad)


def elsewhere(name: str, first: str = "") -> dict[str, str]:
    """Pattern -> the domain its files go to, of the patterns that a domain claims in vain."""
    plugin = registry.resolve_plugin_by_domain(name)
    name = registry.ALIASES.get(name, name)
    found = {glob: registry.domain_for_path(sample(glob), first=first) for glob in patterns_of(plugin)}
    return {glob: owner for glob, owner in found.items() if owner != name}


def unknown_dimensions(root: str | os.PathLike[str]) -> Iterator[str]:
    """Rules of `.museattributes` about a dimension that no domain here has, in words."""
    known: set[str] = set()
    for name in registry.registered_domains():
        try:
            known |= {str(each["name"]) for each in registry.resolve_plugin_by_domain(name).schema()["dimensions"]}
        except Exception:  # noqa: BLE001  `_schema` tells
            continue
    for rule in load_attributes(root):
        words = [rule.dimension] if rule.dimension in known else rule.dimension.split()
        for word in words:
            if word != "*" and ":" not in word and word not in known:
                yield f".museattributes: rule[{rule.source_index}]: no domain has the dimension {word!r}"


def _methods(plugin: Any) -> Iterator[tuple[str, bool]]:
    lost = [name for name in SIX if not callable(getattr(plugin, name, None))]
    if lost:
        yield f"the plugin has no {', '.join(lost)}; its files may end as Git's text merge", True
    if isinstance(getattr(plugin, "patterns", ()), str):
        yield "patterns is one text and was meant to be a tuple of globs", False


def _schema(name: str, plugin: Any) -> Iterator[tuple[str, bool]]:
    try:
        schema = plugin.schema()
        domain, mode = schema["domain"], schema["merge_mode"]
        list(schema["dimensions"])
    except Exception as error:  # noqa: BLE001  it is a stranger's code
        yield f"schema() cannot be used: {type(error).__name__}: {error}", True
        return
    called = getattr(plugin, "name", name)
    for what, found in (("schema()'s domain", domain), ("name", called)):
        if found != name:
            yield f"{what} is {found!r}, and the entry point calls the domain {name!r}", False
    if mode not in MODES:
        yield f"merge_mode is {mode!r} and not one of {', '.join(MODES)}: its files are merged three-way", True
    lost = [each for each in FOUR if not callable(getattr(plugin, each, None))]
    if mode == "crdt" and lost:
        yield f"merge_mode is crdt, and the plugin has no {', '.join(lost)}: its files merge as Git's text", True
    elif mode == "crdt" and not callable(getattr(plugin, "advance_crdt_state", None)):
        yield "it has no advance_crdt_state: files are joined as they are, and a deletion on one side conflicts", False


def _claims(name: str, plugin: Any, first: str) -> Iterator[tuple[str, bool]]:
    if name in registry.BUILT_IN:
        return
    globs = patterns_of(plugin)
    if registry.takes_all(name, plugin) and name != first:
        yield f'it names no files: only a repository with [meta] domain = "{name}" uses it', False
    if not globs and not claims_by_pattern(plugin):
        yield "it has claims() and no patterns, so `muse install` can send it no files: name them in patterns", True
    for glob, owner in elsewhere(name, first).items():
        if owner == "files" and not claims_by_pattern(plugin):
            yield f"it lists {glob} in patterns, and its claims() says no to such a file", True
        else:
            why = "the repository's own domain" if owner == first else "asked before other packages"
            mend = f'[meta] domain = "{name}" in .museattributes asks {name} first'
            yield f"{glob} goes to {owner}, {why}; {mend}", False
