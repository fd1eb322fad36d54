"""Rows as methods of Values under the names of PyTorch and NumPy, and the conversions that would lose a gradient."""
