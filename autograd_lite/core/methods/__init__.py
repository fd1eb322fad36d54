"""What users see of a Value beside the engine: its attributes (`attributes`), and rows as methods under the names of
PyTorch and NumPy (`making`, `named_rows`).
"""
