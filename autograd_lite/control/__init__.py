"""Loops, choices and functions that are defined by an equation: what a program repeats or solves, as one piece.

Above `program`: what is recorded while a program is traced becomes one instruction with a program of its own.
"""
