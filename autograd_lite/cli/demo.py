"""The demonstration: `python -m autograd_lite demo` trains a network of scalars on real handwritten digits.

An MLP 64-30-10 learns from 1,437 of the 1,797 images that come with scikit-learn and is tested on the other 360; the
results are drawn into ./autograd_lite_demo/.
"""

import io
import os
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograd_lite import Value, draw, nn, optim
from autograd_lite.core.graph import operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.support.build import describe, is_native
from autograd_lite.support.files import write_atomically

FOLDER = Path("autograd_lite_demo")
NEEDED = {"sklearn": "scikit-learn", "matplotlib": "matplotlib"}
EPOCHS, BATCH, RATE, SEED = 15, 10, 0.3, 0


def main() -> int:
    """Train, report, draw; the exit status is 0 where all went well."""
    missing = [name for module, name in NEEDED.items() if find_spec(module) is None]
    if missing:
        print(f'the demo needs {" and ".join(missing)}; run: pip install ".[demo]"', file=sys.stderr)
        return 1
    try:
        FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=FOLDER):  # found out before training, whether it can be written
            pass
    except OSError as error:
        where = f"cannot write into {FOLDER.absolute()}: {error.strerror}"
        print(f"{where}; start the demo where you may write", file=sys.stderr)
        return 1
    if not is_native():
        print(f"{describe()}. Training takes a few minutes; native code takes seconds.")
    train_and_report()
    return 0


def digits() -> tuple[list[list[float]], list[list[float]], list[int], list[int]]:
    """Images of 8 x 8 pixels from 0 to 1 as flat lists, and their digits: to learn from, and held out."""
    from autograd_lite.examples.digits import load_images

    return load_images(SEED)


def train_and_report() -> float:
    """Train and write everything; the accuracy on the images held out."""
    X, held_X, y, held_y = digits()
    model = nn.MLP(64, [30, 10], activation="tanh", rng=SEED)
    print(f"{model}\n{len(X)} images to learn from, {len(held_X)} held out")

    def train(model: nn.Module, compile: bool = False) -> tuple[nn.History, float]:
        optimizer = optim.SGD(model.parameters(), lr=RATE)
        start = time.perf_counter()
        history = nn.fit(model, X, y, loss="softmax_cross_entropy", optimizer=optimizer, epochs=EPOCHS, rng=SEED,
                         batch_size=BATCH, validation=(held_X, held_y), compile=compile,
                         progress=not compile)  # fmt: skip
        return history, time.perf_counter() - start

    history, seconds = train(model)
    accuracy = history["validation_accuracy"][-1]
    loss = nn.softmax_cross_entropy(model(X[0]), y[0])
    nodes = sum(1 for node in topological_order([loss]) if operands_of(node))
    print(f"held-out accuracy  {accuracy:.1%}")
    print(f"training time      {seconds:.1f} s")
    print(f"nodes per second   {nodes * len(X) * EPOCHS / seconds:,.0f} recorded and differentiated")
    if find_spec("llvmlite") is not None:
        _, compiled = train(nn.MLP(64, [30, 10], activation="tanh", rng=SEED), compile=True)
        print(f"compiled           the same training in {compiled:.2f} s, {seconds / compiled:.0f} times faster")
    written = [*pictures(model, history, held_X, held_y), FOLDER / "model.json"]
    nn.save(model, FOLDER / "model.json")
    print("written            " + "\n                   ".join(map(str, written)))
    return accuracy


def pictures(model: nn.MLP, history: nn.History, X: list[Any], y: list[int]) -> list[Path]:
    """Draw the curve of the loss, a sheet of digits, and one neuron; returns the files."""
    curve, sheet = FOLDER / "loss.png", FOLDER / "digits.png"
    save_figure(history.plot(), curve)
    found = [max(range(10), key=scores.__getitem__) for scores in nn.predict(model, X)]
    save_figure(digits_sheet(X, y, found), sheet)
    return [curve, sheet, *neuron_graph(model, X[0])]


def save_figure(figure: Any, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120)
    write_atomically(path, content.getvalue())


def digits_sheet(X: list[Any], y: list[int], found: list[int], rows: int = 8, columns: int = 12) -> Any:
    """Held-out images, each with the model's digit; mistakes first, in red, with the true digit and the model's."""
    from matplotlib.figure import Figure

    order = sorted(range(len(X)), key=lambda i: found[i] == y[i])[: rows * columns]
    wrong = sum(a != b for a, b in zip(found, y, strict=True))
    figure = Figure(figsize=(columns * 0.75, rows * 0.95 + 0.5), layout="constrained")
    figure.suptitle(f"{len(y)} digits held out, {wrong} mistakes (marked), {len(order)} shown")
    for position, i in enumerate(order, 1):
        ax = figure.add_subplot(rows, columns, position)
        ax.imshow([X[i][k : k + 8] for k in range(0, 64, 8)], cmap="gray_r", vmin=0.0, vmax=1.0)
        ax.set(xticks=[], yticks=[])
        mistake = found[i] != y[i]
        title = f"{y[i]} read as {found[i]}" if mistake else str(found[i])
        ax.set_title(title, fontsize=7.5 if mistake else 9, color="firebrick" if mistake else "black", pad=2)
        ax.spines[:].set(color="firebrick" if mistake else "lightgray", linewidth=2.0 if mistake else 0.5)
    return figure


def neuron_graph(model: nn.MLP, image: list[float]) -> list[Path]:
    """Draw the graph of one neuron of the trained model, with values and gradients; returns the files.

    The four inputs that matter most for this image are drawn, each beside its weight, all others are added to the bias,
    so that the picture is readable and its numbers are those of the whole neuron.
    """
    trained = model.layers[0].neurons[0]
    strongest = sorted(range(64), key=lambda i: -abs(trained.w[i].data * image[i]))[:4]
    neuron = nn.Neuron(4, activation="tanh", rng=SEED)
    for w, i in zip(neuron.w, strongest, strict=True):
        w.data, w.label = trained.w[i].data, f"w[{i}]"
    others = [trained.w[i].data * image[i] for i in range(64) if i not in strongest]
    neuron.b.data, neuron.b.label = trained.b.data + sum(others), "b + the 60 other w·x"
    out = neuron([Value(image[i], label=f"pixel {i}") for i in strongest])
    out.label = "neuron"
    out.backward()
    files = []
    for name in ("neuron.svg", "neuron.png"):
        try:
            draw(out, infer_names=False, expand="products").save(os.fspath(FOLDER / name))
        except (ImportError, RuntimeError, OSError) as error:  # no Graphviz
            print(f"the graph of a neuron is not drawn: {error}", file=sys.stderr)
            break
        files.append(FOLDER / name)
    return files
