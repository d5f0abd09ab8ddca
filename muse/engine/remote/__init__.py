"""Other repositories: metadata and branches both ways, and a small server for a LAN."""
