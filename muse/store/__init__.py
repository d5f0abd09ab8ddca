"""Muse in Git objects: the only room, with the remote helper, that knows a Git library."""
