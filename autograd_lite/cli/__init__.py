"""The commands of `python -m autograd_lite`: one module each, with `main() -> exit status`."""
