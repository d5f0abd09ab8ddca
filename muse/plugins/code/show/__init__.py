"""What changed in a source file, symbol by symbol, and one symbol looked up."""
