"""Interfaces of OCaml, which a grammar of the same wheel reads."""

from muse.plugins.code.languages.ocaml import LANGUAGE as OCAML

LANGUAGE = OCAML._replace(name="ocaml_interface", grammar=("tree_sitter_ocaml", "language_ocaml_interface"))
