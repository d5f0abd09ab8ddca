"""Gradle's Groovy scripts: dependencies by configuration and coordinates; every other line keeps its place."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="gradle",
    lines=("", r"\s*(\w+[ (]+['\"][\w.-]+:[\w.-]+)"),
    comment_line=(b"//", b""),
)
