// Quick tests of the pure wheel in CPython on WebAssembly: node .ci/pyodide.mjs PYODIDE SITE [options of pytest ...]
//
// PYODIDE is the folder of the npm package, SITE one with the unpacked wheels of this library and of what its tests
// import. The tests that run need no NumPy, threads, processes or files of the system; this list is their only one.
// Where CPython frees objects that hold each other in a long row, it recurses: node takes --stack-size=60000 for that,
// in a shell with `ulimit -s unlimited`.
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TESTS = `
  core/table/test_float_values.py core/table/test_special_functions.py
  core/test_attributes.py core/test_copying.py core/test_decorating.py
  core/test_passes_within_passes.py core/test_primitives.py core/test_table.py core/test_tabulating.py
  trees/test_paths.py trees/test_registry.py
  transforms/test_custom_rules.py transforms/test_jvp_rules.py transforms/test_nested_costs.py
  transforms/test_rule_calls.py transforms/test_rule_cycles.py
  transforms/test_signatures.py
  program/test_gathers.py program/test_interpreter.py
  nn/test_activation_modules.py nn/test_convolution.py nn/test_dense.py
  nn/test_initialisation.py nn/test_large_logits.py nn/test_linear.py nn/test_losses.py nn/test_regularisation.py
  optim/test_clipping.py optim/test_schedules.py
`.trim().split(/\s+/);

// What needs an event loop of its own, NumPy or llvmlite after all, and what takes most of the time.
const LEFT_OUT = `
  coroutine or with_holds_in_its_task or cancelled_task or asynchronous_generator or anomaly_decorates_as_well
  or samples_share_an_operand or in_a_loop
  or test_partials or test_special_operands or wrong_lowering or any_line_of_a_pass or copies_of_deep or what_is_held
  or over_the_whole_range or different_routes
`.trim().split(/\s+/).join(" ");

const INI = `[pytest]
addopts = -q -ra --import-mode=importlib -p no:cacheprovider -p no:faulthandler -m "not thorough"
pythonpath = /checkout/tests
xfail_strict = true
markers = thorough: takes longer
`;

const [folder, site, ...options] = process.argv.slice(2);
const checkout = fileURLToPath(new URL("..", import.meta.url));
const { loadPyodide } = await import(pathToFileURL(path.resolve(folder, "pyodide.mjs")));
const python = await loadPyodide({ env: { HYPOTHESIS_PROFILE: "ci", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home" } });
for (const [at, root] of [["/packages", path.resolve(site)], ["/checkout", checkout]]) {
  python.FS.mkdirTree(at);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, at);
}
python.FS.writeFile("/home/pytest.ini", INI);
python.globals.set("options", python.toPy([...TESTS.map((file) => `tests/${file}`), "-k", `not (${LEFT_OUT})`, ...options]));
process.exit(python.runPython(`
import os
import sys

sys.path.insert(0, "/packages")
os.chdir("/checkout")
import pytest

int(pytest.main(["-c", "/home/pytest.ini", "--rootdir=/checkout", *options]))
`));
