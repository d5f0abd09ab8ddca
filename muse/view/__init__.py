"""Text, JSON, SVG and HTML of deltas, conflicts and history."""
