"""A session joined across machines: what this clone appends goes out over a relay, what others append comes in."""
