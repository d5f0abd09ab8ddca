"""TypeScript with JSX: TypeScript's table over a grammar of its own."""

from muse.plugins.code.languages.typescript import LANGUAGE as TYPESCRIPT

LANGUAGE = TYPESCRIPT._replace(name="tsx", grammar=("tree_sitter_typescript", "language_tsx"))
