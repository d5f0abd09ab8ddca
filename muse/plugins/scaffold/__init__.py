"""The smallest complete plugin."""
