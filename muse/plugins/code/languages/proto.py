"""Protocol Buffers: messages, enums and services by name, fields by name and number."""

from muse.plugins.code.languages.table import Language, Nested

_RULE = r"(?:(?:repeated|optional|required) )?"
_TYPE = r"(?:map ?<[^>]*>|(?!(?:option|reserved|extensions|import|package|syntax)\b)[\w.]+)"

LANGUAGE = Language(
    name="proto",
    lines=("nested",),
    nested=Nested(
        key=r"((?:message|enum|service|oneof|extend|rpc) [\w.]+|syntax|edition|package|option [\w.()]+"
        rf'|import (?:public |weak )?"[^"]*")|{_RULE}{_TYPE} (\w+) ?= ?\d|(\w+) ?= ?-?\d',
        opens=r"\{(?:\s*//.*)?$",
        once=r"/?(?!extend |option \()",
        numbers=r"= ?(-?\d+|0x[0-9a-fA-F]+) ?[;\[]",
        flat=r"oneof ",
    ),
    comment_line=(b"//", b""),
)
