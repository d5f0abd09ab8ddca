"""Git objects: blobs, trees, commits and snapshots in and out, and content by digest."""
