"""The meta ref: deltas, provenance and CRDT states, written by one clone and read from all."""
