"""Scalar reverse-mode automatic differentiation that you can see, trust and never outgrow."""

from autograd_lite.native import choose

choose(__path__)  # before any other import: see native.py

from autograd_lite.version import __version__

del choose

__all__ = ["__version__"]
