"""Ini."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="ini",
    grammar=None,
)
