"""Commit, status, checkout, history and merge, over protocols; it is handed the plugin."""
