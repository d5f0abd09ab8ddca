"""The remote helper behind `muse::` URLs."""
