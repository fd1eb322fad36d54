"""What differs between C and JavaScript, which share operators, conditional expressions, loops and calls."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

JAVASCRIPT_MATH = (
    "sqrt floor ceil trunc exp expm1 log log1p log2 log10 cbrt sin cos tan asin acos atan atan2 sinh cosh tanh "
    "asinh acosh atanh"
)
"""The functions of `Math` that have the names and the meaning of those of C."""

LIBM = f"{JAVASCRIPT_MATH} fabs fmod copysign rint pow exp2 erf erfc"
"""The functions of C's library that the source calls."""

SMALL, STACK = 256, 1024
"""Numbers of an array that C may have on its stack, and of all of these together."""

C_RESERVED = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main asm "
    "typeof _Bool _Complex _Imaginary "
    "alignas alignof and and_eq bitand bitor bool catch char8_t char16_t char32_t class co_await co_return co_yield "
    "compl concept const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export false friend "
    "mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast "
    "requires static_assert static_cast template this thread_local throw true try typeid typename using virtual "
    "wchar_t xor xor_eq "  # of C++, as which the text compiles too
    "NULL NAN INFINITY HUGE_VAL HUGE_VALF HUGE_VALL MATH_ERRNO math_errhandling offsetof size_t ptrdiff_t max_align_t "
    "float_t double_t fpclassify isfinite isinf isnan isnormal signbit isgreater isgreaterequal isless islessequal "
    f"islessgreater isunordered M_E M_PI PI linux unix {LIBM}"
)
C_LIBRARY = (
    "acosf fabsf fdim fma fmax fmin frexp ilogb ldexp lgamma llrint llround logb lrint lround modf nan nearbyint "
    "nextafter nexttoward remainder remquo round scalbln scalbn tgamma gamma j0 j1 jn y0 y1 yn signgam exp10 drem "
    "abort abs atexit atof atoi atol bsearch calloc clock clearerr close ctime difftime div exit fclose feof ferror "
    "fflush fgetc fgets fopen fprintf fputc fputs fread free freopen fscanf fseek ftell fwrite getc getchar getenv "
    "gets gmtime index labs link localtime longjmp malloc memchr memcmp memcpy memmove memset mktime open perror pipe "
    "printf putc putchar puts qsort raise rand random read realloc remove rename rewind rindex scanf select send "
    "setjmp signal sleep socket sprintf srand sscanf stat strcat strchr strcmp strcpy strlen strncpy strstr strtod "
    "strtok strtol sync system time tmpfile tolower toupper ungetc vprintf wait write loop setup"
)
"""Functions that C programs, or sketches of Arduino, have already; a function of that name would take their place."""

JAVASCRIPT_RESERVED = (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends "
    "false finally for function if implements import in instanceof interface let new null package private protected "
    "public return static super switch this throw true try typeof undefined var void while with yield Math "
    "Float64Array Array Number NaN Infinity RangeError TypeError"
)
"""Words that name something in these languages, or in the source itself."""


class Dialect(ABC):
    """How a few things are written that C and JavaScript write in different ways."""

    name: str
    reserved: frozenset[str]
    library: frozenset[str] = frozenset()
    """Names that no function may have, but arguments."""

    index_type: str
    """What declares the number that a loop counts."""

    @abstractmethod
    def number(self, x: float) -> str:
        """A constant, as an operand."""

    @abstractmethod
    def declared(self, name: str, expression: str) -> str:
        """A number that never changes."""

    @abstractmethod
    def variable(self, name: str, expression: str) -> str:
        """A number that changes."""

    def index(self, name: str, start: str, stop: str, step: str = "++") -> str:
        """The head of a counted loop."""
        moved = f"{name}++" if step == "++" else f"{name} += {step}"
        return f"for ({self.index_type} {name} = {start}; {name} < {stop}; {moved}) {{"

    @abstractmethod
    def arrays(self, sizes: dict[str, int], samples: dict[str, int]) -> list[str]:
        """The arrays that a function needs: so many numbers, or so many for each of n samples."""

    @abstractmethod
    def table(self, name: str, numbers: Sequence[float]) -> str:
        """An array of constants."""

    @abstractmethod
    def parameter(self, name: str, kind: str) -> str:
        """How a function declares an operand: "in" or "out" for an array, "index" or "whole" for a whole number."""

    @abstractmethod
    def unset(self, name: str, kind: str) -> str:
        """The declaration of a variable that holds a "number", or a "whole" one, once it is set."""

    @abstractmethod
    def unread(self, name: str) -> str:
        """A statement that marks a parameter as one that nothing reads; "" where there is no need to."""

    @abstractmethod
    def part(self, array: str, start: str) -> str:
        """An array from number `start` on."""

    @abstractmethod
    def procedure(self, name: str, parameters: str) -> str:
        """The head of a function that returns nothing."""

    @abstractmethod
    def counter(self, name: str, expression: str) -> str:
        """A whole number that never changes."""

    @abstractmethod
    def size(self, name: str) -> str:
        """A count as a number."""

    @abstractmethod
    def whole(self, name: str) -> str:
        """A number that is whole, where an array is read."""

    @abstractmethod
    def called(self, function: str) -> str:
        """A function of the language by C's name; "" where it has none."""

    @abstractmethod
    def function(self, text: str) -> str:
        """A function that is written in C, in this language."""

    def local(self, name: str) -> str:
        """The name of a function that the source defines for itself."""
        return name


def float_text(x: float, infinity: str, nan: str) -> str:
    if x != x:
        return nan
    text = infinity if math.isinf(x) else repr(abs(x))
    return f"(-{text})" if math.copysign(1.0, x) < 0.0 else text


def on_stack(sizes: dict[str, int]) -> set[str]:
    """The arrays that C has on its stack; the caller makes room for the others."""
    found, total = set(), 0
    for name, size in sizes.items():
        if size <= SMALL and total + size <= STACK:
            found.add(name)
            total += size
    return found


class C(Dialect):
    """C99 with its mathematical library."""

    name = "c"
    index_type = "size_t"
    reserved = frozenset(C_RESERVED.split())
    library = frozenset(C_LIBRARY.split())

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def number(self, x: float) -> str:
        return float_text(x, "INFINITY", "NAN")

    def declared(self, name: str, expression: str) -> str:
        return f"const double {name} = {expression};"

    def variable(self, name: str, expression: str) -> str:
        return f"double {name} = {expression};"

    def arrays(self, sizes: dict[str, int], samples: dict[str, int]) -> list[str]:
        lines, place, stack = [], 0, on_stack(sizes)
        for name, size in sizes.items():
            if name in stack:
                lines.append(f"double {name}[{size}] = {{0.0}};")  # what is filled in a branch alone counts as unset
            else:
                lines.append(f"double *const {name} = work{f' + {place}' if place else ''};")
                place += size
        each = 0
        for name, size in samples.items():
            start = f"{place} + {each} * n" if each else str(place)
            lines.append(f"double *const {name} = work + {start};")
            each += size
        return lines

    def table(self, name: str, numbers: Sequence[float]) -> str:
        return f"static const double {name}[] = {{{', '.join(map(self.number, numbers))}}};"

    def parameter(self, name: str, kind: str) -> str:
        types = {"in": "const double *", "out": "double *", "index": "size_t ", "whole": "ptrdiff_t "}
        return f"{types[kind]}{name}"

    def unset(self, name: str, kind: str) -> str:
        return f"{'double' if kind == 'number' else 'ptrdiff_t'} {name};"

    def unread(self, name: str) -> str:
        return f"(void){name};"

    def part(self, array: str, start: str) -> str:
        return f"{array} + {start}"

    def procedure(self, name: str, parameters: str) -> str:
        return f"static void {name}({parameters}) {{"

    def counter(self, name: str, expression: str) -> str:
        return f"const size_t {name} = {expression};"

    def size(self, name: str) -> str:
        return f"(double){name}"

    def whole(self, name: str) -> str:
        return f"(size_t){name}"

    def called(self, function: str) -> str:
        return function if function in LIBM.split() else ""

    def function(self, text: str) -> str:
        return f"static {text}"

    def local(self, name: str) -> str:
        return f"{self.prefix}_{name}"  # C's library may have one of that name, today or in its next edition


class JavaScript(Dialect):
    """ECMAScript 2020: modules, and typed arrays."""

    name = "javascript"
    index_type = "let"
    reserved = frozenset(JAVASCRIPT_RESERVED.split())

    def number(self, x: float) -> str:
        return float_text(x, "Infinity", "NaN")

    def declared(self, name: str, expression: str) -> str:
        return f"const {name} = {expression};"

    def variable(self, name: str, expression: str) -> str:
        return f"let {name} = {expression};"

    def arrays(self, sizes: dict[str, int], samples: dict[str, int]) -> list[str]:
        lengths = [(name, str(size)) for name, size in sizes.items()]
        lengths += [(name, f"{size} * n") for name, size in samples.items()]
        return [f"const {name} = new Float64Array({length});" for name, length in lengths]

    def table(self, name: str, numbers: Sequence[float]) -> str:
        return f"const {name} = new Float64Array([{', '.join(map(self.number, numbers))}]);"

    def parameter(self, name: str, kind: str) -> str:
        return name

    def unset(self, name: str, kind: str) -> str:
        return f"let {name};"

    def unread(self, name: str) -> str:
        return ""

    def part(self, array: str, start: str) -> str:
        return f"{array}.subarray({start})"

    def procedure(self, name: str, parameters: str) -> str:
        return f"function {name}({parameters}) {{"

    def counter(self, name: str, expression: str) -> str:
        return f"const {name} = {expression};"

    def size(self, name: str) -> str:
        return name

    def whole(self, name: str) -> str:
        return name

    def called(self, function: str) -> str:
        if function == "fabs":
            return "Math.abs"
        return f"Math.{function}" if function in JAVASCRIPT_MATH.split() else ""

    def function(self, text: str) -> str:
        """C's declarations in the words of JavaScript."""
        head, _, body = text.partition("{")
        head = re.sub(r"^double (\w+)", r"function \1", head).replace("double ", "").replace("int ", "")
        body = re.sub(r"static const double (\w+)\[\] = \{([^}]*)\}", r"const \1 = [\2]", body)
        body = re.sub(r"double (\w+)\[(\d+)\];", r"const \1 = new Float64Array(\2);", body)
        body = re.sub(r"const (double|int) ", "const ", body)
        body = re.sub(r"(?<!\w)(double|int) (?=\w)", "let ", body)
        return head + "{" + body.replace("INFINITY", "Infinity").replace("NAN", "NaN")
