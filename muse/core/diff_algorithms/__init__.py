"""Diffs by schema: sequences, sets, tensors, maps and trees."""
