"""Gomod."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="gomod",
    grammar=None,
)
