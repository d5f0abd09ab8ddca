"""Three-way merge of a source file: hunks, tokens, then trees; the answer with the smallest conflict wins."""
