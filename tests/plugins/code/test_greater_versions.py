"""Where both sides raised one dependency: when the greater version is the answer, and when it must not be."""

from __future__ import annotations

import time

import pytest

from muse.core.options import MergeOptions, using
from muse.domain import FileMerge
from muse.plugins.code.merge.file import merge_code
from muse.plugins.code.merge.greater_versions import order_of

PINS = b"a==1.2.0\nb==1.0.0\n"


def merged(path: str, base: bytes, ours: bytes, theirs: bytes) -> FileMerge:
    with using(MergeOptions(conflict_style="diff3")):
        return merge_code(path, base, ours, theirs)


@pytest.mark.parametrize("turned", [False, True])
def test_the_greater_of_two_raised_versions_is_taken_and_said(turned: bool) -> None:
    less, more = PINS.replace(b"a==1.2.0", b"a==1.9.0"), PINS.replace(b"a==1.2.0", b"a==1.10.0")
    result = merged("requirements.txt", PINS, *((more, less) if turned else (less, more)))
    assert (result.content, result.conflicts) == (more, [])
    assert result.notes[0].startswith("a: ")
    assert "the greater taken" in result.notes[0]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (b"a==1.1.0", b"a==1.3.0"),  # one went back
        (b"a==1.3.0", b"a==1.3.0-branch"),  # of a branch, nothing tells where it stands
        (b"a==1.3.0", b"a==1.4.0\na==1.5.0"),  # named twice: which of the two is it?
    ],
)
def test_what_cannot_be_told_conflicts(ours: bytes, theirs: bytes) -> None:
    result = merged("requirements.txt", PINS, PINS.replace(b"a==1.2.0", ours), PINS.replace(b"a==1.2.0", theirs))
    assert result.conflicts
    assert not result.notes
    assert ours in (result.content or b"")
    assert theirs.splitlines()[0] in (result.content or b"")


MODULES = (
    b"module example.org/shelf\n\ngo 1.20\n\nrequire (\n\texample.org/a v1.2.0\n"
    b"\tgo9.org v0.0.0-20230101000000-aaaaaaaaaaaa // indirect\n)\n\n"
    b"replace (\n\texample.org/r v1.2.0 => ../r\n)\n\nexclude example.org/x v1.0.0\n"
)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("was", "less", "more"),
    [
        (b"a v1.2.0", b"a v1.9.0", b"a v1.10.0"),
        (b"a v1.2.0", b"a v1.3.0-rc.1", b"a v1.3.0"),
        (b"a v1.2.0", b"a v1.2.1-0.20230505000000-ffffffffffff", b"a v1.2.1-0.20240505000000-111111111111"),
        (b"20230101000000-aaaaaaaaaaaa", b"20230601000000-bbbbbbbbbbbb", b"20240101000000-000000000000"),
        (b"go 1.20", b"go 1.21", b"go 1.22.3"),
    ],
)
def test_of_a_module_that_both_require_the_greater_version_is_what_go_builds_with(
    was: bytes, less: bytes, more: bytes, turned: bool
) -> None:
    sides = MODULES.replace(was, less), MODULES.replace(was, more)
    result = merged("go.mod", MODULES, *(sides[::-1] if turned else sides))
    assert (result.content, result.conflicts) == (sides[1], [])
    assert result.notes[0].endswith("the greater taken")


@pytest.mark.parametrize(
    ("was", "ours", "theirs"),
    [
        (b"r v1.2.0 =>", b"r v1.3.0 =>", b"r v1.4.0 =>"),
        (b"x v1.0.0", b"x v1.1.0", b"x v1.2.0"),
        (b"a v1.2.0", b"a v1.1.0", b"a v1.3.0"),
    ],
)
def test_what_is_no_requirement_of_a_module_or_went_back_conflicts(was: bytes, ours: bytes, theirs: bytes) -> None:
    """What is excluded or replaced is that version alone."""
    result = merged("go.mod", MODULES, MODULES.replace(was, ours), MODULES.replace(was, theirs))
    assert result.conflicts or (ours in (result.content or b"") and theirs in (result.content or b""))
    assert not any("the greater" in note for note in result.notes)


def test_another_sign_before_the_version_conflicts() -> None:
    result = merged("requirements.txt", b"flask>=1.0\n", b"flask>=2.0\n", b"flask==3.0\n")
    assert result.conflicts


def test_the_version_of_the_project_itself_conflicts() -> None:
    base = b'{\n  "name": "shelf",\n  "version": "1.0.0",\n  "dependencies": {\n    "a": "^1.0.0"\n  }\n}\n'
    result = merged("package.json", base, base.replace(b"1.0.0", b"1.1.0", 1), base.replace(b"1.0.0", b"2.0.0", 1))
    assert result.conflicts


def test_a_conflict_around_a_raised_version_shows_what_each_side_wrote() -> None:
    """Else a person would read a version on a side that never had it."""
    base = b'[dependencies]\na = "1.0"\n'
    ours = b'[dependencies]\na = "1.1"  # until the fix\n'
    theirs = b'[dependencies]\na = "1.2"  # for the fix\n'
    result = merged("Cargo.toml", base, ours, theirs)
    assert result.conflicts
    content = result.content or b""
    assert b'a = "1.1"  # until the fix\n' in content
    assert b'a = "1.2"  # for the fix\n' in content
    assert content.count(b'"1.2"') == 1


def test_a_locked_package_that_stands_twice_is_not_replaced_as_a_whole() -> None:
    """Two blocks of one name may be for two ranges: what one side has in one of them is not the other's."""
    block = b'[[package]]\nname = "a"\nversion = "%b"\nsource = "registry+x"\nchecksum = "%b"\n\n'
    base = block % (b"1.0.0", b"1") + block % (b"1.0.0", b"2")
    ours = block % (b"1.1.0", b"3") + block % (b"1.1.0", b"4")
    theirs = block % (b"1.2.0", b"5") + block % (b"1.2.0", b"6")
    result = merged("Cargo.lock", base, ours, theirs)
    assert result.conflicts
    assert not result.notes


def test_no_word_of_prose_is_doubled_by_weaving_one_line() -> None:
    """Both named one person, each at another place of the sentence."""
    base = b"# News\n\nThanks to Anna, Berta, Emil, Fritz, Gerda and Hans for all that they did.\n"
    ours = base.replace(b"Anna,", b"Anna, Cecilia,")
    theirs = base.replace(b"Gerda and", b"Gerda, Cecilia and")
    assert merged("README.md", base, ours, theirs).conflicts
    other = merged("README.md", base, ours, theirs.replace(b"Cecilia", b"Dora"))
    assert not other.conflicts
    assert other.content == ours.replace(b"Gerda and", b"Gerda, Dora and")


def test_releases_sort_as_people_release() -> None:
    rising = [b"1.0.dev3", b"1.0a1", b"1.0b1", b"1.0rc1", b"1.0", b"1.0.post1", b"1.0.1", b"1.2", b"1.10", b"v2"]
    orders = [order_of(version) for version in rising]
    assert None not in orders
    assert orders == sorted(orders, key=lambda order: order or ((), ()))
    assert order_of(b"1.0-SNAPSHOT") is None
    assert order_of(b"1.0.0") == order_of(b"1.0")


def yarn_lock(packages: int, version: str = "1.0.0", every: int = 0, at: int = 0) -> bytes:
    """A lock file, `every` so many packages at another version, the first of them at `at`."""
    rows = ["# yarn lockfile v1\n\n"]
    for index in range(packages):
        now = version if every and index % every == at else "1.0.0"
        rows.append(f'"@shelf/p{index:06}@^1.0.0":\n  version "{now}"\n  resolved "https://x/p{index}-{now}.tgz"\n')
        rows.append(f'  integrity sha512-{index}-{now}\n  dependencies:\n    "@shelf/p{index + 1:06}" "^1.0.0"\n\n')
    return "".join(rows).encode()


def test_a_lock_file_of_usual_size_takes_no_long_time() -> None:
    """3,000 packages, 450 kB: under a second here; twice as many edits at once must not take the deadline."""
    base, mine, its = yarn_lock(3000), yarn_lock(3000, "1.1.0", 7), yarn_lock(3000, "1.2.0", 11, 3)
    started = time.process_time()
    result = merged("yarn.lock", base, mine, its)
    assert time.process_time() - started < 4
    assert not result.conflicts
    wanted = yarn_lock(3000, "1.1.0", 7).split(b"\n\n")
    for index, block in enumerate(yarn_lock(3000, "1.2.0", 11, 3).split(b"\n\n")[1:], 1):
        if (index - 1) % 11 == 3:
            wanted[index] = block
    assert result.content == b"\n\n".join(wanted)


def test_a_lock_file_too_large_for_the_law_is_left_to_git() -> None:
    base = yarn_lock(23_000)
    assert len(base) > 3_000_000
    result = merged("yarn.lock", base, base.replace(b"1.0.0", b"1.1.0", 3), base.replace(b"1.0.0", b"1.2.0", 3))
    assert result.conflicts
    assert not result.notes
