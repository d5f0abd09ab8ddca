"""An edit inside a file that another agent's edit replaced without knowing of it is told."""

from __future__ import annotations

from typing import Any

import pytest

from muse.core.content import MemoryContent
from muse.core.op_log import make_op_entry
from muse.engine.session.overrides import Overrides
from muse.engine.session.replay import replay
from muse.plugins.registry import plugin_for_path

BASE = b"class C:\n    def m(self):\n        return 0\n\n\ndef f():\n    return 0\n\n\ndef g():\n    return 0\n"


def edit(name: str, value: str, base: str = "", made: str = "") -> dict[str, Any]:
    return {
        "op": "replace",
        "address": f"s.py::{name}",
        "position": None,
        "old_content_id": base,
        "new_content_id": made or value,
        "old_summary": "",
        "new_summary": "",
        "content": f"def {name.rpartition('.')[2]}():\n    return {value!r}",
    }


def gone(name: str, base: str = "") -> dict[str, Any]:
    return {"op": "delete", "address": f"s.py::{name}", "position": None, "content_id": base, "content_summary": ""}


def patch(*ops: Any) -> dict[str, Any]:
    return {"op": "patch", "address": "s.py", "child_ops": [*ops], "child_domain": "code", "child_summary": ""}


@pytest.mark.parametrize(("one", "two", "told"), [
    (edit("f", "ada", "old", "a"), edit("f", "bob", "old", "b"), True),
    (edit("f", "ada", "old", "a"), edit("f", "bob", "a", "b"), False),
    (edit("f", "ada"), edit("g", "bob"), False),
    (edit("f", "ada", "old", "a"), gone("f", "old"), True),
    (edit("f", "ada", "old", "a"), gone("f", "a"), False),
    (edit("C.m", "ada"), gone("C", "old"), True),
    (patch(edit("f", "ada"), edit("g", "ada")), patch(edit("g", "bob")), True),
    (edit("f", "ada"), patch(edit("f", "bob")), True),
])  # fmt: skip
def test_an_edit_made_on_what_was_there_before_is_told(one: Any, two: Any, told: bool) -> None:
    store = MemoryContent()
    first = make_op_entry("ada", "code", one, 1)
    for actor, parents in (("bob", []), ("ada", []), ("bob", [first["op_id"]])):
        second = make_op_entry(actor, "code", two, 2, parent_op_ids=parents)
        done = replay([first, second], {"s.py": store.put(BASE)}, store, plugin_for_path)
        lines = [line for line in done.overridden if "it overrides what ada made of" in line]
        assert bool(lines) == (told and actor == "bob" and not parents), done.overridden
        assert done.overridden == lines and all(second["op_id"][7:19] in line for line in lines)


def test_a_whole_file_between_two_edits_starts_anew() -> None:
    """It is merged as a file, and what it overrides is told as a file."""
    store = MemoryContent()
    entries = [make_op_entry("ada", "code", edit("f", "ada"), 1)]
    middle = replay(entries, {"s.py": store.put(BASE)}, store, plugin_for_path).files["s.py"]
    whole: Any = {
        "op": "replace",
        "address": "s.py",
        "position": None,
        "old_content_id": middle,
        "new_content_id": store.put(store.get(middle) + b"# end\n"),
        "old_summary": "",
        "new_summary": "",
    }
    entries += [make_op_entry("cyd", "code", whole, 2), make_op_entry("bob", "code", edit("f", "bob"), 3)]
    assert replay(entries, {"s.py": store.put(BASE)}, store, plugin_for_path).overridden == []


@pytest.mark.parametrize("op", [None, 5, {"op": "patch"}, {"op": "patch", "child_ops": [3]}, {"op": "replace"},
                                {"op": "delete", "address": 5}, {"op": ["x"], "address": "x"}])  # fmt: skip
def test_what_is_no_op_is_nobodys_edit(op: Any) -> None:
    assert Overrides().seen("s.py", make_op_entry("a", "code", gone("f"), 1), [op]) == []  # type: ignore[arg-type]
