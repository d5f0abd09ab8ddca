"""Thrift: structs, enums and services by name, fields by name and id."""

from muse.plugins.code.languages.table import Language, Nested

LANGUAGE = Language(
    name="thrift",
    lines=("nested",),
    nested=Nested(
        key=r"((?:struct|union|exception|enum|senum|service) \w+|namespace [\w.*]+|(?:cpp_)?include \S+)"
        r"|typedef .* (\w+)[,;]?$|const \S+ (\w+) ?=|\d+ ?: ?(?:(?:required|optional) )?\w[\w.]*(?: ?<[^>]*>+)? (\w+)"
        r"|(?:oneway )?\w[\w.]*(?: ?<[^>]*>+)? (\w+) ?\(|(\w+) ?= ?\d",
        once="/?",
        opens=r"\{(?:\s*(?://|#).*)?$",
        numbers=r"^(-?\d+) ?:|^\w+ ?= ?(\d+)",
    ),
    comment_line=(b"//", b""),
)
