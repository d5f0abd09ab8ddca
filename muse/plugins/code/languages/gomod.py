"""go.mod by module, go.sum by module and version."""

from muse.plugins.code.languages.table import Language

LANGUAGE = Language(
    name="gomod",
    lines=(
        r"\s*\w+ \(",
        r"\s*(?:(\S+ v\S+) h1:|((?:replace|exclude) \S+)|(?:godebug )?(\w+)="
        r"|(?:require )?([\w.~/-]+) v|(\)|(?:module|go|toolchain)\b)"
        r"|(?:retract )?(\[?v\d[^/]*?)\s*(?://|$)|(?:tool |ignore )?([\w.~/-]+)\s*(?://|$))",
    ),
    comment_line=(b"//", b""),
)
