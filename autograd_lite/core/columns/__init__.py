"""What a row holds beside its value and its partials (`row`), how its call is read (`called_row`), and calls with rules
of their own (`outputs`).
"""
