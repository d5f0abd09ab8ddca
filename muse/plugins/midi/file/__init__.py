"""A MIDI file itself: bytes and events, dimensions, bars, addresses, and the order events are written in."""
