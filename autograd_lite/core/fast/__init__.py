"""What exists for speed alone: a pool of nodes, and the dots of a layer computed together.

The engine is right without this folder; each module tells what its part buys.
"""
