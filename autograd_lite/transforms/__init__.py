"""Functions in, functions out: gradients, Jacobians, Hessians, products with them, batches, and rules of users.

Above `core` and `trees`: a transform runs the function on new Values and walks the graph that it recorded.
"""
