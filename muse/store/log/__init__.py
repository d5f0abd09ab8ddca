"""The log ref: sessions' ops in Git, what is archived there, and what retired clones left."""
