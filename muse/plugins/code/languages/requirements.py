"""Requirements."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="requirements",
    grammar=None,
)
