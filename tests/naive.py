"""The library in forty lines, by the book: what data, gradients and errors must be, on whole numbers."""

import itertools

CLOCK = itertools.count()

ROWS = {
    "add": (lambda x, y: x + y, lambda x, y: (1, 1)),
    "sub": (lambda x, y: x - y, lambda x, y: (1, -1)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "neg": (lambda x: -x, lambda x: (-1,)),
    "square": (lambda x: x * x, lambda x: (2 * x,)),
    "relu": (lambda x: max(x, 0), lambda x: (x > 0,)),
    "maximum": (max, lambda x, y: ((x > y) + 0.5 * (x == y), (y > x) + 0.5 * (x == y))),
    "less": (lambda x, y: int(x < y), lambda x, y: (0, 0)),
    "where": (lambda c, a, b: a if c else b, lambda c, a, b: (0, c != 0, c == 0)),
    "sum": (lambda *xs: sum(xs), lambda *xs: (1,) * len(xs)),
    "dot": (lambda a, b, x, y: a * x + b * y, lambda a, b, x, y: (x, y, a, b)),
}


class Naive:
    """A number that remembers its parents, and the partial in each as it was when it was made."""

    def __init__(self, data, op="", parents=(), partials=(), constant=False):
        self.data, self.op, self.parents, self.partials, self.constant = data, op, parents, partials, constant
        self.grad, self.has_grad, self.assigned, self.born = 0, False, False, next(CLOCK)
        self.time = self.born  # when it was made, or its data assigned

    def graph(self, everything=False):
        """What a gradient reaches, newest first; with `everything` constants and conditions too."""
        found, stack = set(), [self]
        while stack:
            x = stack.pop()
            if x not in found:
                found.add(x)
                stack += [y for y in x.parents if everything or (not y.constant and x.flows_to(y))]
        return sorted(found, key=lambda x: -x.born)

    def flows_to(self, y):
        """Whether the row has a partial in y: none in a condition, nor through a comparison."""
        return self.op != "less" and any(y is z for z in self.parents[self.op == "where" :])

    def adjoints(self, seed=1):
        sums = dict.fromkeys(self.graph(), 0) | {self: seed}
        for x in list(sums):
            for y, p in zip(x.parents, x.partials, strict=True):
                if y in sums:
                    sums[y] += sums[x] * p
        return sums

    def backward(self, seed=1):
        """Leaves add up passes, interior nodes hold the newest."""
        if self.constant:
            raise RuntimeError
        for x, s in self.adjoints(seed).items():
            x.grad, x.has_grad = s if x.parents else x.grad + s, True

    def is_stale(self, inputs):
        """Whether data was assigned between inputs and this one, so that their gradients cannot be recorded."""
        between = set(inputs)
        for x in reversed(self.graph()):
            if not between.isdisjoint(x.parents):
                between.add(x)
                if x.assigned or any(y.assigned and y.time > x.time for y in x.parents):
                    return True
        return False


def apply(op, parents):
    value, partials = ROWS[op]
    xs = [x.data for x in parents]
    return Naive(value(*xs), op, tuple(parents), partials(*xs), all(x.constant for x in parents))
