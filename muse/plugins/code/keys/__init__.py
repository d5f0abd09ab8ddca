"""Keys of JSON, YAML, TOML and INI files as things of their own."""

from muse.plugins.code.keys.address import Path, address_of, path_of
from muse.plugins.code.keys.edit import Keys

__all__ = ["Keys", "Path", "address_of", "path_of"]
