"""A scalar GPT in plain Python: one layer, 16 wide, 4 heads, letters; with a Value of 60 lines to differentiate it.

It imports nothing that is installed, so that PyPy runs it unchanged: `pypy3 benchmarks/slotted.py`. The model is
that of `autograd_lite.examples.gpt`; `benchmarks.gpt` hands it this library's numbers and functions.
"""

import json
import math
import random
import time

LETTERS, LENGTH, WIDTH, HEADS = 27, 16, 16, 4
SHAPES = {
    "letters": (LETTERS, WIDTH), "places": (LENGTH, WIDTH), "query": (WIDTH, WIDTH), "key": (WIDTH, WIDTH),
    "value": (WIDTH, WIDTH), "mix": (WIDTH, WIDTH), "wide": (4 * WIDTH, WIDTH), "narrow": (WIDTH, 4 * WIDTH),
    "out": (LETTERS, WIDTH),
}  # fmt: skip
DOCUMENT = [0, 5, 12, 1, 14, 15, 18, 0]  # .elanor.


class Value:
    """A number, the operands that made it, and its slopes by them."""

    __slots__ = ("data", "grad", "operands", "slopes")

    def __init__(self, data, operands=(), slopes=()):
        self.data, self.operands, self.slopes, self.grad = data, operands, slopes, 0.0

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1.0

    def exp(self):
        data = math.exp(self.data)
        return Value(data, (self,), (data,))

    def log(self):
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (1.0 if self.data > 0 else 0.0,))

    def backward(self):
        order, seen, stack = [], {self}, [(self, iter(self.operands))]
        while stack:
            node, rest = stack[-1]
            for operand in rest:
                if operand not in seen:
                    seen.add(operand)
                    stack.append((operand, iter(operand.operands)))
                    break
            else:
                order.append(node)
                stack.pop()
        self.grad = 1.0
        for node in reversed(order):
            for operand, slope in zip(node.operands, node.slopes):  # noqa: B905
                operand.grad += slope * node.grad


def single(weights, x):
    """w . x in single products and sums."""
    total = weights[0] * x[0]
    for i in range(1, len(x)):
        total = total + weights[i] * x[i]
    return total


def added_up(xs):
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total


def numbers():
    """The parameters, in the order of SHAPES."""
    draw = random.Random(0)
    return [draw.gauss(0.0, 0.08) for rows, columns in SHAPES.values() for _ in range(rows * columns)]


def matrices(flat):
    """The rows of each matrix, from all parameters in one list."""
    made, start = {}, 0
    for name, (rows, columns) in SHAPES.items():
        made[name] = [list(flat[start + i * columns : start + (i + 1) * columns]) for i in range(rows)]
        start += rows * columns
    return made


def normalised(x):
    size = (added_up([v * v for v in x]) * (1.0 / WIDTH) + 1e-5) ** 0.5
    return [v / size for v in x]


def loss(flat, document, exp, log, relu, times=single):
    """The mean of -ln p of each letter, given those before it; the functions are those of the numbers in `flat`."""
    m, keys, values, costs = matrices(flat), [], [], []
    size = WIDTH // HEADS
    for place in range(len(document) - 1):
        start = normalised([a + b for a, b in zip(m["letters"][document[place]], m["places"][place])])  # noqa: B905
        x = normalised(start)
        query = [times(row, x) for row in m["query"]]
        keys.append([times(row, x) for row in m["key"]])
        values.append([times(row, x) for row in m["value"]])
        answers = []
        for head in range(0, WIDTH, size):
            fits = [exp(times(query[head : head + size], key[head : head + size]) * size**-0.5) for key in keys]
            total = added_up(fits)
            weights = [fit / total for fit in fits]
            answers += [times(weights, [v[i] for v in values]) for i in range(head, head + size)]
        x = [times(row, answers) + v for row, v in zip(m["mix"], start)]  # noqa: B905
        normal = normalised(x)
        hidden = [relu(times(row, normal)) for row in m["wide"]]
        x = [times(row, hidden) + v for row, v in zip(m["narrow"], x)]  # noqa: B905
        logits = [times(row, x) for row in m["out"]]
        costs.append(log(added_up([exp(z) for z in logits])) - logits[document[place + 1]])
    return added_up(costs) * (1.0 / len(costs))


def one_pass(flat):
    """The loss and the gradient; the graph is made and dropped."""
    leaves = [Value(p) for p in flat]
    total = loss(leaves, DOCUMENT, Value.exp, Value.log, Value.relu)
    total.backward()
    return total.data, [leaf.grad for leaf in leaves]


def cpu_time(function, seconds=1.5):
    """The median CPU time of a call, in seconds."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return sorted(times)[len(times) // 2]


def main():
    """Print the CPU time of a pass, the loss, and the gradient, as JSON."""
    flat = numbers()
    for _ in range(5):  # PyPy compiles while it runs
        value, gradient = one_pass(flat)
    print(json.dumps({"seconds": cpu_time(lambda: one_pass(flat)), "loss": value, "gradient": gradient}))


if __name__ == "__main__":
    main()
