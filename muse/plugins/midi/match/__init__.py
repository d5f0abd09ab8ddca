"""What of one version is what of another: tracks, notes, moved events."""
