"""stub"""
from autograd_lite.graph import Node
from autograd_lite.primitives import tanh


def total(n: int) -> float:
    node = Node(0.0, ())
    for _i in range(n):
        node = Node(node.data + tanh(1.0), (node,))
        node = Node(node.data, ())
    if n < 0:
        raise ValueError("negative")
    return node.data
