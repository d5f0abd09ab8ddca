"""Regular expressions compiled at their first use: a driver starts for each file, and needs few of those it knows."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Late:
    """Stands for a pattern: its methods are found in the compiled one, and kept."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._given: tuple[Any, int] = (text, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile(text, flags)` returns, except that a mistake in `text` is an `re.error` at the first use.

    It has the methods and attributes of a pattern, and is none where a function of `re` asks for one.
    """
    return cast("re.Pattern[AnyStr]", _Late(text, int(flags)))
