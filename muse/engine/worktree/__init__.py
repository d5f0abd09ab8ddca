"""The work tree: what changed in it, committing it, going to another state."""
