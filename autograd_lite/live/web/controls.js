// The fields and buttons of the page, bound to the settings.

const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const STRENGTHS = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 500];
const WORDS = {
  binary_cross_entropy_with_logits: "cross-entropy", half_squared: "half squared", hinge: "hinge",
  auto: "what suits the activation", xavier_uniform: "Xavier, uniform", xavier_normal: "Xavier, normal",
  he_uniform: "He, uniform", he_normal: "He, normal",
  normal: "normal, σ = 1", uniform: "uniform, −1 to 1", constant: "all 0", leaky_relu: "leaky ReLU", relu: "ReLU",
  gelu: "GELU", silu: "SiLU", elu: "ELU", binary_step: "step", sinusoid: "sine", gaussian: "Gaussian",
};
const NOTES = {
  binary_step: "The derivative of a step is 0 wherever it exists: no gradient passes it. So only the last layer "
    + "learns, and the hidden weights stay as they were drawn. Point at one: its gradient is 0.",
  linear: "Layers of linear units are one linear function together: the boundary stays a straight line.",
  constant: "With all weights 0 the units of a layer get the same gradient, and stay the same for ever.",
};

const byId = (id) => document.getElementById(id);

function fillSelect(select, values, words = (x) => WORDS[x] ?? String(x)) {
  select.replaceChildren(...values.map((x) => new Option(words(x), x)));
}

class Controls {
  constructor(page) {
    this.page = page;
    this.pictures = Object.keys(DATA_SETS).map((name) => this.picture(name));
    fillSelect(byId("activation"), made.activations);
    fillSelect(byId("init"), ["auto", ...Object.keys(made.starts)]);
    fillSelect(byId("loss"), made.losses);
    fillSelect(byId("batch"), BATCHES, (n) => (n === BATCHES.at(-1) ? "all" : String(n)));
    for (const id of ["l1", "l2"]) fillSelect(byId(id), STRENGTHS);
    for (const id of ["kind-a", "kind-b"]) fillSelect(byId(id), Object.keys(made.memory));
    for (const id of ["rate-a", "rate-b"]) fillSelect(byId(id), RATES);
    this.bind();
  }

  bind() {
    const { page } = this;
    const choose = (id, read) => byId(id).addEventListener("change", () => page.change(read(byId(id).value)));
    const slide = (id) => byId(id).addEventListener("input", () => page.change({ [id]: Number(byId(id).value) }));
    for (const id of ["activation", "init", "loss"]) choose(id, (x) => ({ [id]: x }));
    for (const id of ["batch", "l1", "l2"]) choose(id, (x) => ({ [id]: Number(x) }));
    for (const id of ["noise", "share", "size"]) slide(id);
    choose("seed", (x) => ({ seed: Math.max(0, Math.round(Number(x)) || 0) }));
    byId("reseed").addEventListener("click", () => page.change({ seed: Math.floor(Math.random() * 1e6) }));
    ["a", "b"].forEach((letter, i) => {
      choose(`kind-${letter}`, (kind) => ({ optimisers: this.optimisers(i, { kind }) }));
      choose(`rate-${letter}`, (rate) => ({ optimisers: this.optimisers(i, { rate: Number(rate) }) }));
      byId(`show-${letter}`).addEventListener("click", () => page.showRun(i));
    });
    byId("both").addEventListener("change", () => page.change({ both: byId("both").checked }));
    const { settings } = page.session;
    byId("shallower").addEventListener("click", () => page.change({ hidden: settings.hidden.slice(0, -1) }));
    byId("deeper").addEventListener("click", () => {
      page.change({ hidden: [...settings.hidden, settings.hidden.at(-1)] });
    });
    byId("clear").addEventListener("click", () => page.clear());
    byId("shows-test").addEventListener("change", () => page.repaint());
    for (const id of ["reset", "play", "step", "epoch"]) byId(id).addEventListener("click", () => page[id]());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  optimisers(i, changes) {
    return this.page.session.settings.optimisers.map((x, k) => (k === i ? { ...x, ...changes } : x));
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input, select, textarea")) return;
    const action = { p: "play", s: "step", e: "epoch", r: "reset" }[event.key];
    if (!action || event.target.closest?.("#graph-card")) return;
    event.preventDefault();
    this.page[action]();
  }

  get brushed() {
    return document.querySelector("[name=brush]:checked");
  }

  get removes() {
    return this.brushed.value === "remove";
  }

  // A button that shows a data set; that of the reader's own points shows them.
  picture(name) {
    const button = document.createElement("button");
    button.type = "button";
    button.value = name;
    const canvas = document.createElement("canvas");
    const words = name === "own" && made.own ? "Given points" : DATA_SETS[name].words;
    button.append(canvas, Object.assign(document.createElement("span"), { textContent: words }));
    button.addEventListener("click", () => this.page.change({ data: name }));
    byId("data").append(button);
    return { name, button, canvas };
  }

  drawPictures() {
    const { session, palette } = this.page;
    for (const { name, canvas } of this.pictures) {
      canvas.hidden = name === "own" && !session.own.length;
      const points = name !== "own" ? makePoints(name, { count: 90, noise: 0.1, share: 0, seed: 3 }) : session.own;
      const [low, high] = name === "own" ? session.range : [[-REACH, -REACH], [REACH, REACH]];
      const context = fitted(canvas, 44, 44);
      context.clearRect(0, 0, 44, 44);
      for (const { x, y } of points.slice(0, 150)) {
        const [a, b] = x.map((v, i) => 3 + (38 * (v - low[i])) / (high[i] - low[i]));
        context.beginPath();
        if (y >= 0) context.arc(a, 44 - b, 1.6, 0, 2 * Math.PI);
        else diamond(context, a, 44 - b, 2);
        context.fillStyle = y >= 0 ? palette.positive : palette.negative;
        context.fill();
      }
    }
  }

  get brush() {
    if (this.page.session.regression) return Number(byId("brush-value").value) * this.page.session.scale;
    return Number(this.brushed.value);
  }

  // The fields, from the settings.
  show() {
    const { session, shown } = this.page;
    const { settings, regression, names } = session;
    for (const id of ["activation", "init", "loss", "batch", "l1", "l2", "noise", "share", "size", "seed"]) {
      byId(id).value = String(settings[id]);
    }
    for (const option of byId("loss").options) option.disabled = regression && option.value !== "half_squared";
    ["a", "b"].forEach((letter, i) => {
      byId(`kind-${letter}`).value = settings.optimisers[i].kind;
      byId(`rate-${letter}`).value = String(settings.optimisers[i].rate);
      byId(`show-${letter}`).setAttribute("aria-pressed", shown === i);
    });
    byId("both").checked = settings.both;
    for (const id of ["second", "which", "figure-b", "thin"]) byId(id).hidden = !settings.both;
    document.querySelector("main").classList.toggle("both", settings.both);
    for (const tag of document.querySelectorAll(".tag")) tag.hidden = !settings.both;
    const own = settings.data === "own";
    for (const { name, button } of this.pictures) button.setAttribute("aria-pressed", name === settings.data);
    this.drawPictures();
    for (const id of ["noise", "size"]) byId(id).disabled = own;
    byId("noise-out").textContent = own ? "as they are" : `${Math.round(100 * settings.noise)} %`;
    byId("share-out").textContent = `${Math.round(100 * settings.share)} %`;
    byId("size-out").textContent = session.points.length;
    byId("depth").textContent = `${settings.hidden.length} hidden layer${settings.hidden.length > 1 ? "s" : ""}`;
    byId("shallower").disabled = settings.hidden.length === 1;
    byId("deeper").disabled = settings.hidden.length === made.deepest;
    const note = NOTES[settings.activation] ?? NOTES[settings.init];
    byId("note").hidden = !note;
    byId("note").textContent = note ?? "";
    for (const radio of document.querySelectorAll("[name=brush]")) {
      radio.parentElement.hidden = radio.value !== "remove" && (radio.value === "number") !== regression;
    }
    if (this.brushed.parentElement.hidden) {
      document.querySelector(`[name=brush][value="${regression ? "number" : 1}"]`).checked = true;
    }
    byId("brush-value").hidden = !regression;
    byId("brush-out").textContent = shortNumber(Number(byId("brush-value").value) * session.scale);
    const end = shortNumber(session.scale);
    const [low, high] = regression ? ["a value below 0", "a value above 0"] : names.map((name) => `class ${name}`);
    for (const id of ["name-plus", "brush-plus"]) byId(id).textContent = high;
    for (const id of ["name-minus", "brush-minus"]) byId(id).textContent = low;
    byId("scale-low").textContent = regression ? `−${end}` : names[0];
    byId("scale-high").textContent = regression ? end : names[1];
    const sizes = `${settings.features.length}, [${[...settings.hidden, 1].join(", ")}]`;
    byId("load-line").textContent = `nn.load(nn.MLP(${sizes}, activation="${settings.activation}"), "model.json")`;
  }

  // Above each column of the diagram its name, and for hidden layers the buttons of their width.
  heads() {
    const { page } = this;
    const { hidden } = page.session.settings;
    const labels = ["inputs", ...hidden, "output"];
    byId("heads").replaceChildren(...labels.map((label, c) => {
      const head = document.createElement("div");
      head.style.left = `${page.diagram.columns[c]}px`;
      if (typeof label === "string") {
        head.textContent = label;
        return head;
      }
      const resize = (by) => {
        page.change({ hidden: hidden.map((size, l) => (l === c - 1 ? size + by : size)) }, `${c}${by}`);
      };
      head.setAttribute("role", "group");
      head.setAttribute("aria-label", `Layer ${c}: ${label} units`);
      head.append(
        this.button("−", `Layer ${c}: one unit less`, label === 1, () => resize(-1), `${c}-1`),
        Object.assign(document.createElement("span"), { textContent: label }),
        this.button("+", `Layer ${c}: one unit more`, label === made.widest, () => resize(1), `${c}1`),
      );
      return head;
    }));
  }

  button(text, label, disabled, action, key) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, disabled });
    button.setAttribute("aria-label", label);
    button.dataset.key = key;
    button.addEventListener("click", action);
    return button;
  }
}
