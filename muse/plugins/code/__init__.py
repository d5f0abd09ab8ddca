"""Source code: symbols and structured merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from muse.plugins.code.plugin import CodePlugin

__all__ = ["CodePlugin"]


def __getattr__(name: str) -> Any:
    if name == "CodePlugin":
        from muse.plugins.code.plugin import CodePlugin

        return CodePlugin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
