"""What a source file is made of: tokens, trees, symbols and where they stand."""
