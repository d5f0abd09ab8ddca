"""Which plugin owns a domain or a path: a table of our own, then the entry points of other packages."""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from muse.core.attributes import named_domain
from muse.core.errors import MuseError
from muse.core.patterns import claims_by_pattern, has_listing, matches, patterns_of, sample

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from muse.core.schema import DomainSchema
    from muse.domain import MuseDomainPlugin

GROUP = "muse.plugins"
ALIASES = {"music": "midi"}
BUILT_IN = {
    "files": "muse.plugins.files:FilesPlugin",
    "scaffold": "muse.plugins.scaffold.plugin:ScaffoldPlugin",
    "midi": "muse.plugins.midi.plugin:MidiPlugin",
    "score": "muse.plugins.score.plugin:ScorePlugin",
    "daw": "muse.plugins.daw.plugin:DawPlugin",
    "code": "muse.plugins.code.plugin:CodePlugin",
}
_BY_CONTENT = "code by content"
_CLAIMING = ("midi", "score", "daw", "code")
_ENDS: dict[str, tuple[str, ...]] = {
    "files": (),
    "midi": (".mid", ".midi", ".kar", ".rmi", ".smf"),
    "score": (".musicxml", ".mxl", ".mscx", ".mscz"),
    "daw": (".als", ".rpp", ".dawproject"),
}
"""The patterns of built-in domains, so that none is loaded to be told that a file is another's; a test compares."""


def registered_domains() -> list[str]:
    """Names of all domains, sorted; a plugin need not be importable to be named."""
    return sorted(BUILT_IN.keys() | _entry_points().keys())


def resolve_plugin_by_domain(name: str) -> MuseDomainPlugin:
    """The plugin of a domain (one object per process); MuseError when unknown or broken."""
    return _load(ALIASES.get(name, name))


def read_domain(root: str | os.PathLike[str]) -> str:
    """The repository's domain: `.museattributes` `[meta] domain`, else `.muse/config.toml`, else `files`."""
    return named_domain(root) or "files"


def resolve_plugin(root: str | os.PathLike[str]) -> MuseDomainPlugin:
    """The plugin of the repository's domain."""
    return resolve_plugin_by_domain(read_domain(root))


def schema_for(domain: str) -> DomainSchema | None:
    """A domain's schema, or None when no such domain is registered."""
    name = ALIASES.get(domain, domain)
    return _load(name).schema() if name in registered_domains() else None


def domain_for_path(path: str, *, first: str = "") -> str:
    """The domain that claims a file's name; `files` when nobody does.

    Asked in turn: `first` (the repository's own domain, from `read_domain`), the built-in domains, other packages.
    That order keeps the look-up of installed packages, which takes longer than most merges, off the common path.
    """
    first = ALIASES.get(first, first)
    if first and _claims(first, path, own=True):
        return first
    for name in _CLAIMING:
        if name != first and _claims(name, path):
            return name
    others = sorted(_entry_points().keys() - BUILT_IN.keys())
    return next((name for name in others if _claims(name, path)), "files")


def is_ours(path: str, *, first: str = "") -> bool:
    """True when `domain_for_path` needs no other package to answer."""
    first = ALIASES.get(first, first)
    if first and first not in BUILT_IN:
        return False
    return (bool(first) and _claims(first, path, own=True)) or any(_claims(name, path) for name in _CLAIMING)


def is_alone(path: str, *, first: str = "") -> bool:
    """True when neither the look-up of a path nor its plugin needs anything that is not in this package."""
    first = ALIASES.get(first, first)
    return (not first or first in _ENDS) and any(_claims(name, path) for name in _ENDS)


def plugin_for_path(path: str, *, first: str = "") -> MuseDomainPlugin:
    """The plugin that claims a file's name; for names that say too little, one that looks into the file."""
    domain = domain_for_path(path, first=first)
    return _load(_BY_CONTENT if domain == "code" and path.lower().endswith(".xml") else domain)


def claimed_patterns(first: str = "") -> dict[str, tuple[str, ...]]:
    """Domain -> the file-name globs it claims, for Git's attributes; domains that claim none or are broken left out.

    `first` is the repository's own domain: it counts whatever it is, and claims `*` where it names no files. Who is
    asked first stands last, as its line has to where two fit one file.
    """
    first = ALIASES.get(first, first)
    claimed = {}
    others = sorted(_entry_points().keys() - BUILT_IN.keys(), reverse=True)
    for name in dict.fromkeys(
        [*(name for name in (*others, *sorted(_CLAIMING)) if name != first), *filter(None, [first])]
    ):
        try:
            plugin: Any = _load(name)
            patterns = patterns_of(plugin)
        except MuseError:
            continue
        if name == first and takes_all(name, plugin):
            patterns = ("*",)
        if patterns:
            claimed[name] = patterns
    return claimed


def listed(first: str = "") -> dict[str, tuple[str, ...]]:
    """Domain of another package -> those of its globs whose files `git diff` is to show as the domain lists them.

    Left out is what goes to another domain.
    """
    first = ALIASES.get(first, first)
    claimed = claimed_patterns(first)
    return {
        name: globs
        for name in claimed.keys() - BUILT_IN.keys()
        if has_listing(_load(name))
        and (globs := tuple(glob for glob in claimed[name] if domain_for_path(sample(glob), first=first) == name))
    }


def others_join() -> bool:
    """True when another package brings a domain whose files are joined (`merge_mode` crdt).

    Where no other package is installed this is a look at some folders.
    """
    for name in _entry_points().keys() - BUILT_IN.keys():
        try:
            if _load(name).schema()["merge_mode"] == "crdt":
                return True
        except Exception:  # noqa: BLE001  `muse doctor` names it
            continue
    return False


def folders() -> dict[str, str]:
    """Domain of another package -> the folder that package is installed in."""
    named = {name: point for name, point in _entry_points().items() if name not in BUILT_IN}
    return {
        name: os.path.realpath(str(point.dist.locate_file("")))
        for name, point in named.items()
        if point.dist is not None
    }


def broken_plugins() -> dict[str, str]:
    """Domain -> why it cannot be loaded, for `muse doctor`."""
    broken = {}
    for name in registered_domains():
        try:
            _load(name)
        except MuseError as error:
            broken[name] = str(error)
    return broken


def _claims(name: str, path: str, *, own: bool = False) -> bool:
    """True when a domain takes a path: its `claims`, else its `patterns`; a broken plugin takes nothing.

    The repository's own domain (`own`) that names no files takes all but Git's and Muse's own.
    """
    if name in _ENDS:
        return path.lower().endswith(_ENDS[name])
    try:
        plugin: Any = _load(name)
        if own and takes_all(name, plugin):
            return not path.rsplit("/", 1)[-1].startswith((".git", ".muse"))
        claims = getattr(plugin, "claims", None)
        return matches(path, patterns_of(plugin)) if claims is None else bool(claims(path))
    except Exception:  # noqa: BLE001  `muse doctor` names it
        return False


def takes_all(name: str, plugin: Any) -> bool:
    """True for a domain that names no files: a repository that names it as its own means all of them."""
    return name != "files" and not patterns_of(plugin) and claims_by_pattern(plugin)


@cache
def _load(name: str) -> MuseDomainPlugin:
    try:
        if name in BUILT_IN or name == _BY_CONTENT:
            module, _, attribute = BUILT_IN.get(name, "muse.plugins.by_content:XmlPlugin").partition(":")
            made = getattr(importlib.import_module(module), attribute)
        elif name in _entry_points():
            made = _entry_points()[name].load()
        else:
            raise MuseError(f"unknown domain {name!r}", hint=f"known domains: {', '.join(registered_domains())}")
        plugin: MuseDomainPlugin = made() if isinstance(made, type) else made
        return plugin
    except MuseError:
        raise
    except Exception as error:
        raise MuseError(f"the plugin of domain {name!r} cannot be loaded: {error!r}", hint="muse doctor") from error


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, EntryPoint]:
    if not _others_installed():
        return {}
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}


def _others_installed() -> bool:
    """False when no package but ours names a plugin, told from the folders of `sys.path` alone.

    `importlib.metadata` takes longer to import and to search than most commands take to do their work; it is asked
    whenever this look cannot be sure.
    """
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except NotADirectoryError:
            return True  # a zip file
        except OSError:
            continue
        if any(name.endswith(".egg") for name in names):
            return True
        infos = (name for name in names if name.endswith((".dist-info", ".egg-info")))
        if any(_names_others(os.path.join(folder or ".", name, "entry_points.txt")) for name in infos):
            return True
    return False


def _names_others(file: str) -> bool:
    try:
        with open(file, encoding="utf-8") as lines:
            text = lines.read()
    except (OSError, UnicodeDecodeError):
        return False
    _, found, rest = text.partition(f"[{GROUP}]")
    rows = rest.partition("\n[")[0].splitlines() if found else []
    pairs = (row.split("#")[0].partition("=") for row in rows)
    return any(name.strip() and BUILT_IN.get(name.strip()) != value.strip() for name, _, value in pairs)
