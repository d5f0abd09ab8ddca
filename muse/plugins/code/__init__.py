"""Source code: symbols and structured merge."""
