"""Translations (gettext): one entry per message, known by its context and text; its comments belong to it."""

from muse.plugins.code.languages.table import Language

_STRINGS = r"(?:\"[^\n]*\"[ \t]*\r?\n?[ \t]*)+"

LANGUAGE = Language(
    name="po",
    lines=(
        "blocks",
        rf"^(?:#[^~\n][^\n]*\n|#\n)*((?:msgctxt[ \t]+{_STRINGS})?msgid[ \t]+{_STRINGS})"
        rf"(?:msgid_plural[ \t]+{_STRINGS})?(?:msgstr(?:\[\d+\])?[ \t]+{_STRINGS})+",
    ),
    comment_line=(b"#", b""),
    place=r"^#:[ \t]*(\S+)",
)
