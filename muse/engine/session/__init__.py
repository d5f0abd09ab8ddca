"""From live edits to a commit: ops replayed, reconciled with the files on disk, committed."""
