"""The playground in a browser: its numbers are those of the eager engine, and a reader's hands, keys and files work."""

import random
import re

import pytest
from browser import CHROMEDRIVER, CHROMIUM, browser

from autograd_lite import nn, optim, playground
from autograd_lite.core.table import sin, square
from autograd_lite.live.network_programs import COSTS, OPTIMISERS, SHOWN, STARTS

SIZE = 1_500_000
needs_browser = pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")


def test_the_page_is_one_small_file_and_asks_for_nothing():
    page = playground().html
    assert len(page.encode()) <= SIZE
    assert not re.search(r"url\((?!#)|@import|fetch\(|XMLHttpRequest|WebSocket|import\(|\bsrc=|href=\"", page)
    assert "default-src 'none'" in page


def test_names_of_users_cannot_break_out_of_the_page():
    hostile = "</script><b>\u2028'\""
    page = playground([[0, 1], [1, 0]], [hostile, "<!--"]).html
    assert "</script><b>" not in page
    assert "\u2028" not in page
    assert page.count("</script>") == playground([[0, 1], [1, 0]], ["a", "b"]).html.count("</script>")


def test_saving_and_showing(tmp_path, monkeypatch):
    page = playground(theme="dark")
    assert page.save(tmp_path / "a.html").read_text(encoding="utf-8") == page.html
    assert 'data-theme="dark"' in page.html
    with pytest.raises(ValueError, match=r"end it in \.html"):
        page.save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="there is no theme 'sepia'"):
        playground(theme="sepia")
    bundle, _ = page._repr_mimebundle_()
    assert "srcdoc=" in bundle["text/html"]
    assert "<svg" in bundle["text/html"]  # where the frame is dropped
    assert bundle["text/plain"].startswith("<Playground; show it")
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert page.show().as_uri() == opened[0]


# -- in a browser


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser"), 1400, 900) as found:
        yield found


@pytest.fixture
def opened(window, tmp_path):
    def show(page=None):
        window.open((page or playground(theme="light")).save(tmp_path / "page.html"))
        return window

    yield show
    assert window.problems() == []
    assert window.run("return performance.getEntriesByType('resource').length") == 0
    window.emulate()


def settings_of(rng):
    """Settings that the page's fields can make."""
    hidden = [rng.randint(1, 8) for _ in range(rng.randint(1, 4))]
    kinds = rng.sample(list(OPTIMISERS), 2)
    return {
        "data": rng.choice(["moons", "circles", "xor", "spirals", "clusters"]), "seed": rng.randrange(10**6),
        "features": sorted(rng.sample(range(7), rng.randint(1, 7))), "hidden": hidden,
        "activation": rng.choice(SHOWN), "init": rng.choice(["auto", *STARTS]), "loss": rng.choice(COSTS),
        "batch": rng.choice([1, 8, 32, 500]), "l1": rng.choice([0, 0.01]), "l2": rng.choice([0, 0.03]), "size": 60,
        "noise": rng.uniform(0.0, 0.6), "share": 0.3, "both": True,
        "optimisers": [{"kind": kind, "rate": rng.choice([0.001, 0.03])} for kind in kinds],
    }  # fmt: skip


RUN_STEPS = """
const [settings, count] = arguments;
Object.assign(page.session.settings, settings);
page.session.renew();
const found = page.session.runs.map((run) => {
  const start = [...run.network.parameters];
  const steps = [];
  for (let i = 0; i < count; i += 1) {
    const order = run.order.length ? run.order
      : Object.assign(Object.create(Chance.prototype), { state: [...run.chance.state] })
        .shuffled(Array.from({ length: page.session.data.train.n }, (_, k) => k));
    const batch = order.slice(0, settings.batch);
    const { loss, gradient } = run.gradient(page.session.data.rows(batch), page.session.settings);
    run.step(page.session.data, page.session.settings);
    steps.push({ batch, loss, gradient: [...gradient], parameters: [...run.network.parameters] });
  }
  const test = run.record(page.session.data, page.session.settings).test;
  return { start, steps, test, text: JSON.stringify(modelDocument(run.network, page.session.settings)) };
});
const points = page.session.points.map(({ x, y, test }) => ({ x, y, test }));
return { runs: found, points };
"""


def features_of(x, chosen):
    a, b = x
    every = [a, b, square(a), square(b), a * b, sin(a), sin(b)]
    return [every[i] for i in chosen]


def mean_loss(model, points, settings):
    cost = nn.LOSSES[settings["loss"]]
    is_share = settings["loss"] == "binary_cross_entropy_with_logits"
    rows = [features_of(p["x"], settings["features"]) for p in points]
    targets = [(p["y"] + 1) / 2 if is_share else p["y"] for p in points]
    losses = [cost(out, t) for out, t in zip(model.batch(rows), targets, strict=True)]
    return sum(losses[1:], losses[0]) / len(losses)


def close(a, b):
    return a == b or abs(a - b) <= 1e-12 * max(1.0, abs(b))


@pytest.mark.browser
@needs_browser
def test_values_gradients_and_steps_are_those_of_the_eager_engine(opened):
    window, rng = opened(), random.Random(0)
    optimizers = {
        "SGD": lambda p, rate: optim.SGD(p, lr=rate),
        "momentum": lambda p, rate: optim.SGD(p, lr=rate, momentum=0.9),
        "Nesterov": lambda p, rate: optim.SGD(p, lr=rate, momentum=0.9, nesterov=True),
        "RMSprop": lambda p, rate: optim.RMSprop(p, lr=rate),
        "Adam": lambda p, rate: optim.Adam(p, lr=rate),
    }
    for _ in range(50):
        settings = settings_of(rng)
        found = window.run(RUN_STEPS, settings, 3)
        train = [p for p in found["points"] if not p["test"]]
        assert len(found["points"]) - len(train) == 18
        assert found["runs"][0]["start"] == found["runs"][1]["start"]
        assert found["runs"][0]["steps"][0]["batch"] == found["runs"][1]["steps"][0]["batch"]
        for run, optimiser in zip(found["runs"], settings["optimisers"], strict=True):
            model = nn.MLP(
                len(settings["features"]), [*settings["hidden"], 1], activation=settings["activation"], rng=0
            )
            parameters = model.parameters()
            for p, x in zip(parameters, run["start"], strict=True):
                p.data = x
            optimizer = optimizers[optimiser["kind"]](parameters, optimiser["rate"])
            weights = [p for name, p in model.named_parameters() if not name.endswith(".b")]
            for step in run["steps"]:
                loss = mean_loss(model, [train[k] for k in step["batch"]], settings)
                assert close(step["loss"], loss.data), settings
                penalty = nn.losses.l1_penalty(weights, settings["l1"]) + nn.losses.l2_penalty(weights, settings["l2"])
                model.zero_grad()
                (loss + penalty).backward()
                assert all(close(x, p.grad) for x, p in zip(step["gradient"], parameters, strict=True)), settings
                optimizer.step()
                assert all(close(x, p.data) for x, p in zip(step["parameters"], parameters, strict=True)), settings
                # The next step starts from the same bits: errors must not add up in the comparison.
                for p, x in zip(parameters, step["parameters"], strict=True):
                    p.data = x
            held = [p for p in found["points"] if p["test"]]
            assert close(run["test"], mean_loss(model, held, settings).data), settings
