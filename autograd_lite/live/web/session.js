// What the page is about at a moment: settings, points, and one or two runs that train on them.

const FEW = 30; // given points, of which none is held out for the test at first

class Session {
  constructor() {
    this.settings = {
      data: made.own ? "own" : "moons", noise: 0.16, share: 0.4, size: 300, seed: 7, features: [0, 1], hidden: [6, 4],
      activation: "tanh", init: "auto", loss: "binary_cross_entropy_with_logits", batch: 16, l1: 0, l2: 0,
      optimisers: [{ kind: "Adam", rate: 0.01 }, { kind: "SGD", rate: 0.1 }], both: false,
    };
    this.own = [];
    this.names = made.own?.names ?? ["−1", "+1"];
    if (made.own) this.own = this.given = made.own.points.map(([x1, x2, y]) => ({ x: [x1, x2], y, test: false }));
    if (made.own?.regression) this.settings.loss = "half_squared";
    if (made.own && this.own.length < FEW) this.settings.share = 0;
    this.start = null; // the parameters of a model that was given or imported
    this.renew();
    if (made.model) this.load(JSON.stringify(made.model));
  }

  get regression() {
    return this.settings.data === "own" ? this.ownRegression : Boolean(DATA_SETS[this.settings.data].regression);
  }

  get ownRegression() {
    return this.wasRegression ?? Boolean(made.own?.regression);
  }

  // New points by the settings, and runs on them.
  renew() {
    const { data, noise, share, size, seed } = this.settings;
    this.points = data === "own" ? split(this.own, share, seed) : makePoints(data, { count: size, noise, share, seed });
    this.measure();
    this.reset();
  }

  // How far the plane reaches, and the size of the largest number in regression.
  measure() {
    const reach = 1.08 * REACH;
    if (this.settings.data !== "own") this.range = [[-reach, -reach], [reach, reach]];
    else if (made.own && this.own === this.given) this.range = made.own.range;
    const sizes = this.points.map((point) => Math.abs(point.y));
    this.scale = this.regression ? Math.max(1e-9, ...sizes) : 1;
  }

  // Start again with the same seed: the same weights and batches for each optimiser; an imported model from its own.
  reset() {
    const { optimisers, both } = this.settings;
    if (this.regression) this.settings.loss = "half_squared";
    this.runs = (both ? optimisers : optimisers.slice(0, 1)).map((optimiser) => new Run(this.settings, optimiser));
    if (this.start) for (const run of this.runs) run.network.parameters.set(this.start);
    this.prepare();
  }

  // The rows that the programs take, after a change of points, features or loss.
  prepare() {
    this.version = (this.version ?? 0) + 1;
    const { features, loss } = this.settings;
    const train = this.points.filter((point) => !point.test);
    const all = rowsOf(train, features, loss);
    const width = features.length;
    this.data = {
      train: all,
      test: rowsOf(this.points.filter((point) => point.test), features, loss),
      rows: (batch) => {
        const inputs = new Float64Array(batch.length * width);
        batch.forEach((k, i) => inputs.set(all.inputs.subarray(k * width, (k + 1) * width), i * width));
        return { n: batch.length, inputs, targets: Float64Array.from(batch, (k) => all.targets[k]) };
      },
    };
    for (const run of this.runs) {
      run.order = [];
      run.record(this.data, this.settings);
    }
  }

  // Settings that need other points, other weights, or only other rows.
  change(changes) {
    const before = this.regression;
    if ("data" in changes && changes.data === "own" && this.settings.data !== "own") this.adopt();
    Object.assign(this.settings, changes);
    const has = (...names) => names.some((name) => name in changes);
    if (has("seed", "features", "hidden", "activation", "init")) this.start = null;
    if (has("data") && before && !this.regression) this.settings.loss = "binary_cross_entropy_with_logits";
    if (has("data", "noise", "share", "size", "seed")) this.renew();
    else if (has("features", "hidden", "activation", "init", "both")) this.reset();
    else if (has("optimisers")) this.exchange();
    else this.prepare();
  }

  // The points of now become the reader's own.
  adopt() {
    if (this.settings.data === "own") return;
    this.wasRegression = this.regression;
    this.own = this.points.map((point) => ({ ...point }));
  }

  // Another kind of optimiser forgets its state; another rate goes on with it.
  exchange() {
    this.runs.forEach((run, i) => {
      const optimiser = this.settings.optimisers[i];
      if (run.optimiser.kind !== optimiser.kind) run.memory = [];
      run.optimiser = optimiser;
      run.broken = null;
    });
  }

  edit({ add, y, move, to, remove }) {
    if (this.settings.data !== "own") {
      this.adopt();
      const at = this.points.indexOf(move ?? remove);
      this.points = this.own;
      this.settings.data = "own";
      [move, remove] = [move && this.points[at], remove && this.points[at]];
    }
    let point = move;
    if (add) this.points.push(point = { x: add, y, test: false });
    if (move) move.x = to;
    if (remove) this.points.splice(this.points.indexOf(remove), 1);
    if (this.regression) this.scale = Math.max(this.scale, ...this.points.map((p) => Math.abs(p.y)));
    this.prepare();
    return point;
  }

  clear() {
    this.adopt();
    this.settings.data = "own";
    this.own = this.points = [];
    this.prepare();
  }

  get broken() {
    return this.runs.find((run) => run.broken)?.broken ?? null;
  }

  // One step of each run, or steps until all training points were seen once more or the time is over; in turns, so that
  // runs which see the same batches stay side by side.
  train(kind, until = Infinity) {
    if (!this.data.train.n) return;
    const [first] = this.runs;
    const before = first.epochs;
    do {
      for (const run of this.runs) run.step(this.data, this.settings);
    } while (kind === "epoch" && first.epochs === before && !this.broken && performance.now() < until);
    for (const run of this.runs) run.record(this.data, this.settings);
  }

  // How an output is shown, from -1 to 1: what decides the class, or the number itself.
  score(output) {
    if (this.settings.loss === "binary_cross_entropy_with_logits") return Math.tanh(output / 2);
    const share = output / this.scale;
    return share > 1 ? 1 : share < -1 ? -1 : share;
  }

  load(text) {
    const { network, settings } = modelFrom(text, this.settings);
    if (this.regression) settings.loss = "half_squared";
    Object.assign(this.settings, settings);
    this.start = network.parameters;
    this.reset();
  }
}
