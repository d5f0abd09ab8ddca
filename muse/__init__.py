"""Muse on Git: version control that understands what it stores."""

from muse._version import __version__ as __version__
