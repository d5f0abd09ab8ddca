"""Bar maps: which bars a version inserted, cut, moved or repeated, and three versions laid onto one line of bars."""
