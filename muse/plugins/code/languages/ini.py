"""INI files and Java properties: keys under section headers."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="ini",
    lines=(r"\s*\[[^\]]*\]", r"\s*([^=:\s#;\[][^=:]*?)\s*[=:]"),
    comment_line=(b"#", b""),
    continued=True,
)
