"""Modes that hold for a thread or a task: the variable (`variables`), the `with` statement that sets it and cannot be
left half way (`scopes`), and the same as a decorator of functions, generators and coroutines (`decorating`).
"""
