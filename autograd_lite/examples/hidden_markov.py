"""A die that is swapped in secret: a hidden Markov model, fitted by the gradient of its likelihood.

python -m autograd_lite.examples.hidden_markov

Two dice, of which one is loaded, are thrown in turns that nobody sees.  The probability of all throws is a loop over
them (the forward algorithm, in logarithms), in which a throw is an index: `take` reads the column of the table that it
names.  So the throws are data, and no others need another program.
"""

import random
from typing import Any

from autograd_lite import exp, logsumexp, scan, take
from autograd_lite.examples import minimised

FACES = 6
FAIR = [1.0 / FACES] * FACES
LOADED = [0.1] * 5 + [0.5]
STAYS = [0.95, 0.9]


def throws(count: int, seed: int = 0) -> tuple[list[float], list[int]]:
    """The faces that were thrown, 0 to 5, and which die it was."""
    rng = random.Random(seed)
    die, faces, dice = 0, [], []
    for _ in range(count):
        dice.append(die)
        faces.append(float(rng.choices(range(FACES), (FAIR, LOADED)[die])[0]))
        die = die if rng.random() < STAYS[die] else 1 - die
    return faces, dice


def in_logs(scores: Any) -> list[Any]:
    """Logarithms of probabilities, of any scores."""
    total = logsumexp(list(scores))
    return [x - total for x in scores]


def model(scores: Any) -> tuple[list[Any], list[Any]]:
    """The logarithms of the probabilities of changes and of faces, by die."""
    moves = [in_logs(scores[2 * i : 2 * i + 2]) for i in range(2)]
    return moves, [in_logs(scores[4 + FACES * i : 4 + FACES * (i + 1)]) for i in range(2)]


def surprise(scores: Any, faces: Any) -> Any:
    """The negative logarithm of the probability of all throws, by throw."""
    moves, emits = model(scores)

    def step(logs: Any, face: Any) -> tuple[list[Any], None]:
        seen = [x + take(emit, face) for x, emit in zip(logs, emits, strict=True)]
        return [logsumexp([seen[i] + moves[i][j] for i in range(2)]) for j in range(2)], None

    return -1.0 / len(faces) * logsumexp(scan(step, [0.0, -20.0], faces)[0])


def fitted(faces: list[float], steps: int = 300, lr: float = 0.05) -> list[float]:
    """Scores, from dice of which the second shows a little more sixes."""
    start = [2.0, 0.0, 0.0, 2.0, *[0.0] * FACES, *[0.0] * 5, 1.0]
    return minimised(surprise, start, faces, steps, lr)[0]


def probabilities(scores: Any) -> tuple[list[float], list[list[float]]]:
    """How likely each die stays, and how likely it shows each face."""
    moves, emits = model(scores)
    return [float(exp(moves[i][i])) for i in range(2)], [[float(exp(x)) for x in row] for row in emits]


def picture(faces: list[float], dice: list[int]) -> str:
    """The throws in lines, those of the loaded die marked below."""
    lines = []
    for start in range(0, len(faces), 60):
        lines.append("".join([str(int(x) + 1) for x in faces[start : start + 60]]))
        lines.append("".join([" ^"[die] for die in dice[start : start + 60]]).rstrip())
    return "\n".join(lines)


def main() -> None:
    faces, dice = throws(3000)
    print(picture(faces[:120], dice[:120]))
    stays, emits = probabilities(fitted(faces))
    for name, stay, row, truth in zip(("fair", "loaded"), stays, emits, (FAIR, LOADED), strict=True):
        shown = " ".join(f"{x:.2f}" for x in row)
        print(f"{name:6} stays {stay:.2f}, faces {shown} (true {truth[0]:.2f} ... {truth[5]:.2f})")


if __name__ == "__main__":
    main()
