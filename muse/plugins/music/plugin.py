"""The midi domain under its older name: `MusicPlugin` is `muse.plugins.midi.plugin.MidiPlugin`, imported when asked."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "MusicPlugin":
        from muse.plugins.midi.plugin import MidiPlugin

        return MidiPlugin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
