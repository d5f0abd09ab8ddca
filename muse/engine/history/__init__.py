"""What was: where lines of history meet, commits with their changes in words, one symbol through time."""
