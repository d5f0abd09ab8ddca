"""Muse in Git's configuration: putting it there, looking what is wrong with it, mending it."""
