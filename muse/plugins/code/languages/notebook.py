"""Notebooks: JSON whose cells keep their order, known by ids; `merge/notebook.py` settles outputs and counts."""

from muse.plugins.code.languages.json import LANGUAGE as JSON

LANGUAGE = JSON._replace(
    sequences=frozenset({"array"}), only={"array": "object"}, keys={**JSON.keys, "object": "listed"}
)
