"""JSON as editors and compilers take it: comments, and a comma behind the last entry."""

from __future__ import annotations

import pytest

from muse.plugins.code.merge.file import merge_code

BASE = b"""{
  // what the compiler is told
  "compilerOptions": {
    "strict": true,
  },
  "files": [
    "a.ts",
    "b.ts",
  ], // all
}
"""


def both_ways(path: str, base: bytes, one: bytes, other: bytes) -> list[bytes | None]:
    """What is merged with either side as ours; None for a conflict."""
    made = [merge_code(path, base, *sides) for sides in ((one, other), (other, one))]
    return [None if each.conflicts else each.content for each in made]


def with_line(after: str, line: str, text: bytes = BASE) -> bytes:
    """The text with a line behind the one that is `after`."""
    assert text.count(f"{after}\n".encode()) == 1
    return text.replace(f"{after}\n".encode(), f"{after}\n{line}\n".encode())


@pytest.mark.parametrize("path", ["tsconfig.json", "settings.jsonc"])
def test_two_keys_at_one_place_are_two_keys(path: str) -> None:
    emit, jsx = '    "noEmit": true,', '    "jsx": "preserve",'
    strict = '    "strict": true,'
    one, other = with_line(strict, emit), with_line(strict, jsx)
    assert both_ways(path, BASE, one, other) == [
        with_line(strict, f"{emit}\n{jsx}"),
        with_line(strict, f"{jsx}\n{emit}"),
    ]


def test_an_entry_with_such_a_comma_of_its_own_beside_another() -> None:
    paths = '    "paths": {\n      "@/*": ["src/*",],\n    },'
    strict = '    "strict": true,'
    one, other = with_line(strict, paths), with_line(strict, '    "jsx": "preserve",')
    mine, its = both_ways("tsconfig.json", BASE, one, other)
    assert mine == with_line(strict, f'{paths}\n    "jsx": "preserve",')
    assert its == with_line(strict, f'    "jsx": "preserve",\n{paths}')


def test_one_key_with_two_values_stays_a_conflict() -> None:
    strict = '    "strict": true,'
    one, other = with_line(strict, '    "jsx": "react",'), with_line(strict, '    "jsx": "preserve",')
    assert both_ways("tsconfig.json", BASE, one, other) == [None, None]
    apart = with_line("  // what the compiler is told", '  "x": 1,'), with_line("  ], // all", '  "x": 2,')
    assert both_ways("tsconfig.json", BASE, *apart) == [None, None], "at two places as well"


def test_a_comma_that_one_side_took_away() -> None:
    """It stays away behind the other side's new last entry, and one stands before that."""
    bare = BASE.replace(b'"strict": true,', b'"strict": true')
    one = BASE.replace(b'"strict": true,', b'"strict": true,\n    "noEmit": true,')
    wanted = BASE.replace(b'"strict": true,', b'"strict": true,\n    "noEmit": true')
    assert both_ways("tsconfig.json", BASE, one, bare) == [wanted, wanted]


def test_what_is_broken_is_not_taken_for_such_a_comma() -> None:
    """Two commas, or one with nothing before it, are errors: nothing is merged by structure there."""
    for broken in (BASE.replace(b"true,", b"true,,"), BASE.replace(b'    "strict": true,', b"    ,")):
        place = "  // what the compiler is told"
        one, other = with_line(place, '  "a": 1,', broken), with_line(place, '  "b": 2,', broken)
        assert both_ways("tsconfig.json", broken, one, other) == [None, None]
