"""CSS."""

from muse.plugins.code.languages.table import Language

_SHORTHANDS = frozenset(
    {
        "all", "animation", "background", "border", "border-block", "border-bottom", "border-color", "border-image",
        "border-inline", "border-left", "border-radius", "border-right", "border-style", "border-top", "border-width",
        "columns", "flex", "font", "gap", "grid", "grid-area", "grid-column", "grid-row", "inset", "list-style",
        "margin", "mask", "offset", "outline", "overflow", "padding", "place-content", "place-items", "place-self",
        "scroll-margin", "scroll-padding", "text-decoration", "transition",
    }
)  # fmt: skip
_APART = frozenset(
    {
        "border-radius", "border-collapse", "border-spacing", "flex-direction", "flex-wrap", "flex-flow",
        "font-feature", "outline-offset", "background-blend-mode", "text-decoration-skip-ink", "mask-type",
    }
)  # fmt: skip


def takes_back(later: str, earlier: str) -> bool:
    """True when one declaration sets again what another one before it set: a shorthand behind a longhand."""
    if later not in _SHORTHANDS or later == earlier:
        return False
    whole = later == "all" or (later, earlier) == ("font", "line-height")
    return whole or (earlier.startswith(later + "-") and earlier not in _APART)


LANGUAGE = Language(
    name="css",
    grammar=("tree_sitter_css", "language"),
    bodies=frozenset({"stylesheet"}),
    sets=frozenset({"block"}),
    imports=frozenset({"import_statement"}),
    keys={"rule_set": "0", "declaration": "0", "media_statement": "0"},
    free=frozenset({"rule_set", "media_statement", "keyframes_statement"}),
    comment_line=(b"/*", b" */"),
    named={"rule_set": "0", "declaration": "0", "media_statement": "0", "keyframes_statement": "0"},
    loose=frozenset({"rule_set", "declaration", "media_statement", "keyframes_statement"}),
    locals={"declaration": "0"},
    overrides=takes_back,
)
