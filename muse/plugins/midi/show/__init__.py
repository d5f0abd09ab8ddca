"""What changed in a score, in words: diff, summaries, listings, questions about notes."""
