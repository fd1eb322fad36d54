"""Gradient descent on two functions whose lowest point is known: a parabola, and the squares of a line's errors.

python -m autograd_lite.examples.line
"""

from autograd_lite import grad
from autograd_lite.nn import Linear, fit

GOALS = {2013: 39.0, 2014: 50.0, 2015: 48.0, 2016: 51.0, 2017: 50.0}


def parabola(start: float = -4.0, rate: float = 0.1, eps: float = 1e-6) -> list[float]:
    """The points x_k that descent on f(x) = (x - 1)^2 visits, until |f(x_k+1) - f(x_k)| < eps."""

    def f(x: float) -> float:
        return (x - 1.0) ** 2

    slope, points = grad(f), [start]
    while len(points) < 2 or abs(f(points[-1]) - f(points[-2])) >= eps:
        points.append(points[-1] - rate * slope(points[-1]))
    return points


def trend() -> tuple[float, float]:
    """Goals a season: the slope of the line with the least squares, and its forecast for 2018.

    The years are counted from their middle: counted from the year 0, weight and bias would be so strongly correlated
    that descent would need ages.
    """
    line = Linear(1, 1, rng=0)
    X, y = [[year - 2015.0] for year in GOALS], list(GOALS.values())
    fit(line, X, y, loss="mse", lr=0.1, epochs=1000, batch_size=len(X), tolerance=1e-20, progress=False)
    return line.weight[0][0].data, line([2018.0 - 2015.0])[0].data


def main() -> None:
    points = parabola()
    print(f"(x - 1)^2 from {points[0]}: {', '.join(f'{x:.4g}' for x in points[1:5])}, ... {points[-1]:.4f}, "
          f"{len(points) - 1} steps")  # fmt: skip
    slope, forecast = trend()
    print(f"goals a season grow by {slope:.4f} a year; 2018 should see {forecast:.4f}")


if __name__ == "__main__":
    main()
