"""History of other formats, read into Git."""
