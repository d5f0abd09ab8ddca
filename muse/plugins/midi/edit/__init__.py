"""Edits applied to a file: operations, a file kept open between batches, tracks written again."""
