"""Files of environment variables."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="env",
    lines=("", r"\s*(?:export\s+)?([\w.-]+)\s*="),
    comment_line=(b"#", b""),
)
