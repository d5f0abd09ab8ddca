"""MIDI: lossless, musical."""
