"""Values without numbers, which exist while a function is traced into a program."""
