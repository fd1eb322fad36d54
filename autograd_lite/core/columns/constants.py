"""Constants of float64 arithmetic, as rows need them."""

import math
from typing import Final

NAN: Final = math.nan
INF: Final = math.inf
SQRT_HALF: Final = math.sqrt(0.5)
LN2: Final = 0.6931471805599453
LOG2_E: Final = 1.4426950408889634
LARGEST: Final = math.ldexp(1.0 - 2.0**-53, 1024)
SMALLEST: Final = math.ldexp(1.0, -1074)
ENLARGED: Final = 2.0**600
TINY: Final = 2.0**-1022  # the smallest number of all digits, whose reciprocal is finite
