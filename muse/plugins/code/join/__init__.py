"""Source files as CRDT state: lifting, carrying edits along, joining, writing the file again."""
