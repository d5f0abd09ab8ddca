"""One table file per language."""
