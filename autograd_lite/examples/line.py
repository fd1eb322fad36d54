"""Gradient descent on two functions whose lowest point is known: a parabola, and the squares of a line's errors.

python -m autograd_lite.examples.line
"""

from autograd_lite import grad
from autograd_lite.nn import Linear, fit

GOALS = {2013: 39.0, 2014: 50.0, 2015: 48.0, 2016: 51.0, 2017: 50.0}


def parabola(start: float = -4.0, rate: float = 0.1, eps: float = 1e-6) -> list[float]:
    """The places x that descent on f(x) = (x - 1)^2 visits, until |f(x_k+1) - f(x_k)| < eps."""

    def f(x: float) -> float:
        return (x - 1.0) ** 2

    slope, places = grad(f), [start]
    while len(places) < 2 or abs(f(places[-1]) - f(places[-2])) >= eps:
        places.append(places[-1] - rate * slope(places[-1]))
    return places


def trend() -> tuple[float, float]:
    """Goals a season: the slope of the line with the least squares, and what it says for 2018.

    The years are counted from their middle: from the year 0, one weight would have to grow by 1 for what the other
    does by 2015, and descent would need ages.
    """
    line = Linear(1, 1, rng=0)
    X, y = [[year - 2015.0] for year in GOALS], list(GOALS.values())
    fit(line, X, y, loss="mse", lr=0.1, epochs=1000, batch_size=len(X), tolerance=1e-20, progress=False)
    return line.weight[0][0].data, line([2018.0 - 2015.0])[0].data


def main() -> None:
    places = parabola()
    print(f"(x - 1)^2 from {places[0]}: {', '.join(f'{x:.4g}' for x in places[1:5])}, ... {places[-1]:.4f}, "
          f"{len(places) - 1} steps")  # fmt: skip
    slope, forecast = trend()
    print(f"goals a season grow by {slope:.4f} a year; 2018 should see {forecast:.4f}")


if __name__ == "__main__":
    main()
