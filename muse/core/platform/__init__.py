"""Where systems differ: one small module per difference, asked by everybody else, so that no `if` stands elsewhere."""
