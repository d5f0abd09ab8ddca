"""MIDI: lossless, musical. `MidiPlugin` is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from muse.plugins.midi.plugin import MidiPlugin

__all__ = ["MidiPlugin"]


def __getattr__(name: str) -> Any:
    if name == "MidiPlugin":
        from muse.plugins.midi.plugin import MidiPlugin

        return MidiPlugin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
