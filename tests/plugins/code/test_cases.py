"""The folders of `fixtures/merge/code`: three versions and what the merge has to be, byte for byte, both ways round."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from muse.core.options import MergeOptions, using
from muse.plugins.code.languages import ROWS
from muse.plugins.code.plugin import CodePlugin
from muse.plugins.code.syntax.tokens import is_blank, tokens

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "merge" / "code"
CASES = sorted(path.parent for path in FOLDER.glob("*/*/case.toml"))
DATA_WITHOUT_SETS = {"html", "make", "markdown", "css"}


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_case(case: Path) -> None:
    """Known limits are cases too: `wanted` says what would be right, and the test says so once it is reached."""
    case_ = told(case)
    read = {path.stem: path.read_bytes() for path in case.iterdir() if path.name != "case.toml"}
    with using(MergeOptions(conflict_style="diff3")):
        merged = CodePlugin().merge_file(case_["path"], read["base"], read["ours"], read["theirs"])
        mirrored = CodePlugin().merge_file(case_["path"], read["base"], read["theirs"], read["ours"])
    assert merged.content == read["expected"]
    assert [record.address for record in merged.conflicts] == case_["conflicts"]
    assert len(mirrored.conflicts) == len(merged.conflicts)
    if not merged.conflicts:
        assert words(mirrored.content or b"") == words(merged.content)
    if "wanted" in case_:
        assert case_["wanted"] != ("conflict" if merged.conflicts else "clean"), "no longer a known limit: move it"


def words(data: bytes) -> list[bytes]:
    return sorted(token for token in tokens(data) if not is_blank(token))


@pytest.mark.parametrize("language", sorted(ROWS))
def test_every_language_has_its_cases(language: str) -> None:
    """Insertions by both, a rename against an edit, a set where it has any, and two true conflicts that stay."""
    names = {path.name for path in (FOLDER / language).iterdir()}
    assert names >= {"insertions", "rename_against_edit", "same_value", "deleted_and_edited"}
    assert language in DATA_WITHOUT_SETS or names & {"import_sets", "sets"}
    for name in ("same_value", "deleted_and_edited"):
        assert told(FOLDER / language / name)["conflicts"]


def test_known_limits_are_named_as_such() -> None:
    """`limit-*` says what is wanted and is not there yet; nothing else does."""
    named = {case for case in CASES if case.name.startswith("limit-")}
    assert named == {case for case in CASES if "wanted" in told(case)}


def told(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "case.toml").read_text())
