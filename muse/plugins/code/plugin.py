"""The code domain: source files as symbols, merged by structure where Git's text merge conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from muse._version import __version__
from muse.core.filejoin import JoinedFiles
from muse.plugins.code.languages import PATTERNS, language_of, row_of

if TYPE_CHECKING:
    from muse.core.filejoin import FileJoin
    from muse.core.schema import CRDTDimensionSpec, DomainSchema
    from muse.domain import DomainOp, Element, FileMerge
    from muse.plugins.code.patch import SourceFile


class CodePlugin(JoinedFiles):
    """Source code and markup in the languages of `languages.ROWS`."""

    name = "code"
    patterns = PATTERNS
    tells_up_to = 16 << 20
    """Bytes of a file whose change is told: lock files are read by their changed part only."""

    def claims(self, path: str) -> bool:
        """True when the file's name selects a language."""
        return row_of(path) is not None

    def schema(self) -> DomainSchema:
        """Files, their symbols and their imports."""
        from muse.core.schema import DimensionSpec, DomainSchema, SetSchema, TreeSchema

        symbols = TreeSchema(kind="tree", node_type="symbol", diff_algorithm="gumtree")
        imports = SetSchema(kind="set", element_type="import", identity="by_content")
        return DomainSchema(
            domain=self.name,
            description="Source code as symbols",
            dimensions=[
                DimensionSpec(
                    name="symbols", description="definitions, nested", schema=symbols, independent_merge=True
                ),
                DimensionSpec(
                    name="imports", description="what a file imports", schema=imports, independent_merge=True
                ),
            ],
            top_level=symbols,
            merge_mode="three_way",
            schema_version=__version__,
        )

    def diff_file(self, path: str, old: bytes, new: bytes) -> tuple[list[DomainOp], str] | None:
        """Operations on keys or symbols, None for a file that can be read by neither."""
        language = language_of(path, old, new)
        if language is None:
            return None
        from muse.plugins.code.show.symbol_diff import diff_keyed, diff_symbols

        keyed = diff_keyed(path, language, old, new)
        return keyed if keyed is not None or language.grammar is None else diff_symbols(path, language, old, new)

    def merge_file(self, path: str, base: bytes | None, ours: bytes, theirs: bytes) -> FileMerge:
        """Text, tokens, structure: the smallest conflict wins."""
        from muse.plugins.code.merge.file import merge_code

        return merge_code(path, base, ours, theirs)

    def symbol_lines(self, path: str, data: bytes, address: str) -> tuple[int, int] | None:
        """First and last line of a symbol, for `muse blame --symbol`."""
        from muse.plugins.code.show.lookup import symbol_lines

        return symbol_lines(path, data, address)

    def symbol_before(self, path: str, old: bytes, new: bytes, address: str) -> tuple[str, bool] | None:
        """A symbol's address in an older version and whether its text is the same, for `muse log --symbol`."""
        from muse.plugins.code.show.lookup import symbol_before

        return symbol_before(path, old, new, address)

    def elements(self, path: str, data: bytes) -> list[Element]:
        """What an op can name in a file: definitions, imports, keys, the text."""
        from muse.plugins.code.show.elements import elements

        return list(elements(path, data))

    def unreadable(self, path: str, data: bytes) -> str:
        """Where a file could not be parsed."""
        from muse.plugins.code.edit_check import unparsed

        return unparsed(language_of(path, data), data)

    def inner_address(self, rest: str) -> str:
        """What follows a file's path where `/` was written for the joints: `server/port` is `server.port`."""
        return rest.replace("/", ".")

    def rename(self, path: str, data: bytes, address: str, to: str) -> list[DomainOp]:
        """The ops that give a definition or a key another name."""
        from muse.plugins.code.rename import rename

        return rename(path, data, address, to)

    def patch_file(self, path: str, old: bytes, child_ops: list[DomainOp]) -> bytes:
        """The file after symbol operations that carry their text."""
        from muse.plugins.code.patch import patched

        return patched(path, language_of(path, old), old, child_ops)

    def open_file(self, path: str, data: bytes) -> SourceFile:
        """The file kept open, so that an edit is not a parse of all of it."""
        from muse.plugins.code.patch import SourceFile

        return SourceFile(path, language_of(path, data), data)

    # Join --------------------------------------------------------------------------------------------------------

    def crdt_schema(self) -> list[CRDTDimensionSpec]:
        """The order of cells and their texts."""
        from muse.plugins.code.join.join import SCHEMA

        return list(SCHEMA)

    def file_join(self) -> FileJoin:
        """Definitions and the lines between them as a sequence of cells."""
        from muse.plugins.code.join.join import FILE_JOIN

        return FILE_JOIN
