"""What `gradcheck` reports: findings, notes, and the comparison that came out worst.

The lowest floor of the checks, beside `precision`: needs no graphs.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from autograd_lite.support.wording import computed_from_rest, for_output, unchanging
from autograd_lite.testing.precision import ulps

TOLERANCE = 1e-6  # relative; what differences find at ordinary points is better
ROUNDING = 1e-11  # of the sizes of the terms that a derivative sums up


@unchanging
class Comparison(NamedTuple):
    """One derivative, found in two ways."""

    where: str  # which derivative: of which result, in which operand
    expected: float
    got: float
    how: str  # what was compared with what
    step: float | None = None  # the step of the differences, where there is one

    @computed_from_rest("compare again")
    def ulps(self) -> float:
        """How far the two are apart, in units in the last place of what was expected."""
        return ulps(self.got, self.expected)

    def __str__(self) -> str:
        how = self.how if self.step is None else f"{self.how} with step {self.step:.3g}"
        return f"{self.where}: expected {self.expected!r}, got {self.got!r} ({how}, {self.ulps:.3g} ulps apart)"


@dataclass
class Report:
    """What `gradcheck` found; true if nothing was wrong, and prints as text.

    `findings` are the reasons against the gradient, or against judging it; `notes` what the checks
    could not use, though others could; `worst` the comparison nearest to its bound, or furthest beyond.
    """

    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checks: int = 0
    worst: Comparison | None = None
    excess: float = -1.0  # of the worst comparison: its error over what was allowed, at most 1 where it passed

    def __bool__(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        n = len(self.findings)
        verdict = "passed" if self else f"failed with {n} finding{'s' if n != 1 else ''}"
        head = f"gradcheck {verdict}: {self.checks} comparison{'s' if self.checks != 1 else ''}"
        worst = [] if self.worst is None else [f"worst of them: {self.worst}"]
        return for_output("\n".join([head, *self.findings, *worst, *[f"note: {note}" for note in self.notes]]))

    __repr__ = __str__

    def compare(self, comparison: Comparison, allowed: float) -> bool:
        """Count a comparison, and keep it as a finding where its error is more than is allowed."""
        self.checks += 1
        error = abs(comparison.got - comparison.expected)
        excess = 0.0 if error == 0.0 else error / allowed if allowed else math.inf
        wrong = math.isnan(excess) or excess > 1.0
        if wrong:
            self.findings.append(str(comparison))
        if not (excess <= self.excess or math.isnan(self.excess)):
            self.excess, self.worst = excess, comparison
        return not wrong

    def note(self, text: str) -> None:
        """Keep a note, once."""
        if text not in self.notes:
            self.notes.append(text)
