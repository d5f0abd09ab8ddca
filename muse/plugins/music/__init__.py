"""MIDI under its older name."""
