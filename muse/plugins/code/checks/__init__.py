"""The safety net over clean results: placement, white space that has a meaning, names bound twice."""
