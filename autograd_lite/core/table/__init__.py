"""The table: all the mathematics of the library, one row per primitive, in files by family.

A row holds the value on floats, the partial derivative in each operand, and whatever else is known of a primitive:
the function on Values, the operators, forward and reverse mode, gradients of gradients, compiled programs, checks,
drawings and the documentation all derive from it.  `autograd_lite.core.columns.row` explains the columns.  Partials are
written in rows themselves; `out` is the result of the row.  Names that would shadow built-ins are in no `__all__`.
"""

from autograd_lite.core.table.arithmetic import *
from autograd_lite.core.table.bessel import *
from autograd_lite.core.table.choices import *
from autograd_lite.core.table.choices import abs as abs
from autograd_lite.core.table.choices import cond as cond
from autograd_lite.core.table.choices import round as round
from autograd_lite.core.table.comparisons import *
from autograd_lite.core.table.compositions import *
from autograd_lite.core.table.exponentials import *
from autograd_lite.core.table.exponentials import pow as pow
from autograd_lite.core.table.gamma_functions import *
from autograd_lite.core.table.half_turns import *
from autograd_lite.core.table.logarithms import *
from autograd_lite.core.table.networks import *
from autograd_lite.core.table.normal_distribution import *
from autograd_lite.core.table.normal_logarithm import *
from autograd_lite.core.table.norms import *
from autograd_lite.core.table.sequences import *
from autograd_lite.core.table.sequences import max as max
from autograd_lite.core.table.sequences import min as min
from autograd_lite.core.table.sequences import sum as sum
from autograd_lite.core.table.special import *
from autograd_lite.core.table.trigonometry import *
