"""The structure that DESIGN promises: floors, small modules, names that do not collide, a light import."""

import ast
import builtins
import fnmatch
import graphlib
import importlib
import json
import pkgutil
import re
import sys
import tomllib
import types
from collections import Counter

import pytest
from project import PACKAGE, ROOT, ran, sources

import autograd_lite
from autograd_lite import PRIMITIVES

# An import must point to a lower floor, or stay inside of one folder; there, imports must not go round in a circle.
FLOORS = {
    "support": 0,
    "core": 1,
    "trees": 2,
    "transforms": 3,
    "program": 4,
    "control": 5,
    "backends": 6,
    "linalg": 6,
    "optim": 7,
    "sparse": 7,
    "nn": 8,
    "drawing": 9,
    "explaining": 10,
    "testing": 10,
    "sklearn": 10,
    "live": 11,
    "autograd_lite": 12,  # the package itself, which gathers the public names
    "examples": 13,  # written like a user's programs, on the public names
    "cli": 14,
    "__main__": 15,
}

# The same inside of `core`, which is read from its first file to its last.
CORE = (
    "", "contexts", "columns.constants", "operands", "columns", "primitives", "columns.entering", "methods", "table",
    "graph", "contexts.modes", "fast", "abstract", "methods.attributes", "methods.named_rows",
    "reverse", "create_graph", "recording", "copying", "operators", "value", "fast.layers",
)  # fmt: skip
LONGEST = 500

# What a student reads in one sitting: the files of `core` itself, without its folders.
ENGINE_FILES, ENGINE_LINES = 10, 1200

# What `import autograd_lite` may load beside the standard library.
LIGHT = {"autograd_lite", "mypy_extensions", "_xxsubinterpreters"}  # the last is Python's, though its list lacks it

MODULES = dict(sources())


def part(module):
    """`nn` of autograd_lite.nn.layers: what has a floor."""
    return module.split(".")[1] if "." in module else module


def floor(module):
    """Of the folder, and inside of the core, of the file."""
    inside = module.removeprefix("autograd_lite.core").lstrip(".") if part(module) == "core" else ""
    return FLOORS[part(module)], CORE.index(inside if inside in CORE else inside.split(".")[0])


def imports(module, path, modules):
    """The modules of the package that a source imports, anywhere in it: functions and `if`s included."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            # `from package import module` imports the module, `from module import name` the module it names
            joined = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in modules else base for name in joined]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "autograd_lite")


def upward(module, path, modules):
    """The imports that do not point down."""
    return [
        target
        for target in imports(module, path, modules)
        if floor(target) > floor(module) or (floor(target)[0] == floor(module)[0] and part(target) != part(module))
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    assert upward(module, MODULES[module], MODULES) == []


def test_every_floor_is_that_of_a_part_that_exists():
    assert FLOORS.keys() - {part(module) for module in MODULES} == set()


@pytest.mark.thorough
def test_imports_do_not_go_round_in_a_circle():
    graph = {module: set(imports(module, path, MODULES)) - {module} for module, path in MODULES.items()}
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


@pytest.mark.parametrize(
    ("module", "text", "found"),
    [
        ("autograd_lite.core.graph", "import autograd_lite.core.value", ["autograd_lite.core.value"]),
        ("autograd_lite.core.graph", "from autograd_lite.core.value import Value", ["autograd_lite.core.value"]),
        ("autograd_lite.core.graph", "from autograd_lite import Value", ["autograd_lite"]),
        ("autograd_lite.core.graph", "from . import value", ["autograd_lite.core.value"]),
        ("autograd_lite.core.graph", "from .value import Value", ["autograd_lite.core.value"]),
        ("autograd_lite.core.graph", "def f():\n    from ..nn.layers import MLP", ["autograd_lite.nn.layers"]),
        ("autograd_lite.nn.layers", "from ..cli.info import main", ["autograd_lite.cli.info"]),
        ("autograd_lite.nn.layers", "from .module import Module\nfrom ..core.value import Value", []),
        ("autograd_lite.core.value", "import math\nfrom autograd_lite.core.graph import Node", []),
    ],
)
def test_an_import_that_points_up_is_found(tmp_path, module, text, found):
    path = tmp_path / "planted.py"
    path.write_text(text)
    modules = {f"autograd_lite.{name}" for name in ("core.graph", "core.value", "cli.info", "nn.layers", "nn.module")}
    assert upward(module, path, modules) == found


@pytest.mark.parametrize(
    "module",
    [
        "columns/constants",
        "operands",
        "columns/row",
        "columns/called_row",
        "primitives",
        "columns/entering",
        *sorted(f"table/{path.stem}" for path in PACKAGE.glob("core/table/*.py")),
    ],
)
def test_the_table_uses_math_alone(module):
    tree = ast.parse((PACKAGE / "core" / f"{module}.py").read_text(encoding="utf-8"))
    loaded = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "." * node.level]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    # Beside math: types, what tells mypyc how to compile, what holds per thread, and what pickle needs to find a row of
    # a user; none computes anything.
    by_name = ("columns/entering", "columns/called_row")
    pickling = {"copyreg", "functools", "pkgutil", "sys"} if module in by_name else set()
    reading = {"ast", "functools", "importlib", "pkgutil"} if module == "table/definition_reader" else set()
    types = {"collections", "mypy_extensions", "typing"}
    assert loaded <= {"math", "cmath", "numbers", "threading", "autograd_lite"} | types | pickling | reading


def aliases_without_type(text):
    """The names that a source binds for type checkers alone and does not declare as types."""
    return [
        node.targets[0].id
        for block in ast.parse(text).body
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("autograd_lite.backends.llvm")])
def test_aliases_of_libraries_are_declared_as_types(module):
    # Where a library is not installed, as while the package is compiled, an alias of Any is a variable and no type.
    assert aliases_without_type(MODULES[module].read_text(encoding="utf-8")) == []


def test_an_alias_that_is_not_declared_is_found():
    text = "if TYPE_CHECKING:\n    X = NDArray[int]\n    Y: TypeAlias = NDArray[int]\n"
    assert aliases_without_type(text) == ["X"]


@pytest.mark.thorough
@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_and_tells_what_it_is_for(module):
    text = MODULES[module].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text)), "a module opens with what it is for"


ENGINE = [path for path in sorted((PACKAGE / "core").glob("*.py")) if path.name != "__init__.py"]


def test_the_engine_is_read_in_one_sitting():
    assert len(ENGINE) <= ENGINE_FILES
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in ENGINE) <= ENGINE_LINES


def forward_references(text):
    """The functions and classes of a source that one above them uses, other than as a type."""
    tree = ast.parse(text)
    made = {node.name: node.lineno for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    found = []
    for node in tree.body:
        types = {id(x) for part in ast.walk(node) for x in ast.walk(getattr(part, "annotation", None) or ast.Pass())}
        names = [x.id for x in ast.walk(node) if isinstance(x, ast.Name) and id(x) not in types]
        found += [name for name in names if made.get(name, 0) > node.end_lineno]
    return found


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.stem)
def test_the_engine_is_read_from_top_to_bottom(path):
    assert forward_references(path.read_text(encoding="utf-8")) == []


def test_a_forward_reference_is_found():
    text = "def f(x: A): g()\n\ndef g(): return f\n\nclass A:\n    pass"
    assert forward_references(text) == ["g"]


# Names of two modules or folders, with the reason; all others have names of their own, so that a name means one thing.
SHARED = {
    "drawing": "the class, in the folder for all that has to do with it",
    "program": "the class, in the folder for all that has to do with it",
    "table": "the rows, and the command that prints them",
}


def test_no_two_modules_share_a_name():
    count = Counter(module.rpartition(".")[2] for module in MODULES)
    assert {name for name, times in count.items() if times > 1} == SHARED.keys()


def untyped(text):
    """How many parameters of a source are annotated, and how many of them with Any or object."""
    annotations = [
        ast.unparse(x.annotation)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        for x in ast.walk(node.args)
        if isinstance(x, ast.arg) and x.annotation is not None
    ]
    return len(annotations), sum(x in ("Any", "object") for x in annotations)


# The mark goes when the types of all folders are in: then the share is below the bound for good.
@pytest.mark.thorough
def test_parameters_have_types():
    counts = [untyped(path.read_text(encoding="utf-8")) for path in MODULES.values()]
    assert sum(any_ for _, any_ in counts) <= 0.1 * sum(all_ for all_, _ in counts)


def test_a_parameter_without_a_type_is_counted():
    assert untyped("def f(a: Any, b: object, *c: float, d: list[Any], e): pass") == (4, 2)


def test_no_module_has_the_name_of_a_public_name():
    # Importing such a module would replace the function, as an attribute of the package, by the module.
    for module in MODULES:
        package, _, name = module.rpartition(".")
        if package and name != "__main__":
            held = getattr(importlib.import_module(package), name, None)
            assert held is None or isinstance(held, types.ModuleType), module


def test_what_is_imported_by_name_is_there():
    texts = "".join([path.read_text(encoding="utf-8") for path in MODULES.values()])
    found = re.findall(r'"(autograd_lite[.\w]*:\w+)"', texts)
    assert found
    assert all(pkgutil.resolve_name(name) for name in found)


def test_files_have_names_of_their_own():
    stems = [path.stem for path in MODULES.values() if path.stem not in ("__init__", "__main__")]
    assert sorted(stems) == sorted(set(stems))
    public = {name for name in dir(autograd_lite) if callable(getattr(autograd_lite, name))}
    assert public & set(stems) == set()


def test_all_lists_every_public_name():
    hidden = {"abs", "map", "max", "min", "pow", "round", "sum", "TYPE_CHECKING"}
    found = {
        name for name in dir(autograd_lite)
        if not name.startswith("_") and not isinstance(getattr(autograd_lite, name), types.ModuleType)
    }  # fmt: skip
    assert set(autograd_lite.__all__) == (found - hidden) | {"__version__"}


def test_every_row_is_exported_under_its_name():
    assert [name for name, row in PRIMITIVES.items() if getattr(autograd_lite, name, None) is not row] == []


TABLES = ("core/table/", "nn/activations.py")
"""Where names of rows are keys: the table, and the activations by their usual names."""


def tables_by_name(text):
    """The lines of dict and set displays with three or more names of rows as keys."""
    found = []
    for node in ast.walk(ast.parse(text)):
        keys = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, ast.Set) else []
        if sum(isinstance(key, ast.Constant) and key.value in PRIMITIVES for key in keys) >= 3:
            found.append(node.lineno)
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("path", [path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))])
def test_what_is_known_of_a_row_is_in_its_row(path):
    if not path.startswith(TABLES):
        assert tables_by_name((PACKAGE / path).read_text(encoding="utf-8")) == []


def test_a_table_beside_the_table_is_found():
    assert tables_by_name('X = {"sin": 1, "cos": 2, "tan": 3}\nY = {"sin": 1}\nZ = {"add", "sub", "mul"}') == [1, 3]


def test_import_star_takes_functions_and_classes_but_no_module_and_of_builtins_compile_alone():
    public = {name: getattr(autograd_lite, name) for name in autograd_lite.__all__}
    assert {"Value", "grad", "tanh", "__version__"} <= public.keys()
    assert not [name for name, value in public.items() if isinstance(value, types.ModuleType)]
    assert public.keys() & set(dir(builtins)) == {"compile"}  # Python's own is hardly ever meant


def test_import_is_light():
    code = (
        "import json, sys; before = set(sys.modules); import autograd_lite\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    loaded = {name.split(".")[0] for name in json.loads(ran("-c", code).stdout)} - set(sys.stdlib_module_names)
    assert loaded <= LIGHT


def test_every_data_file_is_packaged():
    with open(ROOT / "pyproject.toml", "rb") as file:
        patterns = tomllib.load(file)["tool"]["setuptools"]["package-data"]["autograd_lite"]
    for path in PACKAGE.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".so", ".pyd") and path.parent.name != "__pycache__":
            name = path.relative_to(PACKAGE).as_posix()
            assert any(fnmatch.fnmatch(name, pattern) for pattern in patterns), name
