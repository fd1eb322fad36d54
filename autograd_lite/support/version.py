"""The version; pyproject.toml and `__init__` read it from here."""

__version__ = "0.1.0"
