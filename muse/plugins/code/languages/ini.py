"""INI files and Java properties: keys under section headers."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="ini",
    lines=(r"\s*\[[^\]]*\]", r"\s*([^=:\s#;\[][^=:]*?)\s*[=:]"),
    comment_line=(b"#", b""),
    continued=True,
    sought={
        "value": r"^(?:(?:install_|setup_)?requires|tests_require|classifiers|keywords|py_modules|packages"
        r"|deps|env_?list|passenv|extras|omit|markers|(?:extend-)?(?:ignore|select)|per-file-ignores|known_\w+)$"
    },
)
