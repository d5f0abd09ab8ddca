"""Dockerfiles: stages, and in them what the last one wins of; every other line keeps its place."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="dockerfile",
    lines=(r"(?i:\s*FROM\s)", r"(?i:\s*(CMD|ENTRYPOINT|HEALTHCHECK|(?:ENV|ARG|LABEL)\s+[\w.-]+(?=[ =]|\s*$)))"),
    comment_line=(b"#", b""),
    continued=True,
)
