"""The Model Context Protocol door: `tools` says what can be asked, `wire` reads and writes lines within bounds."""
