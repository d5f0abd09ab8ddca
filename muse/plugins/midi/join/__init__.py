"""A MIDI file as CRDT state."""
