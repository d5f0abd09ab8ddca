"""Three-way merge of a MIDI file: layout, then each track decision by decision, then the proof."""
