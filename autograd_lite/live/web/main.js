// The page: it plays the session frame by frame, and shows what has changed.

const MOST_MILLISECONDS = 7; // of training in a frame, so that 60 frames a second are left for drawing

class Page {
  constructor() {
    this.session = new Session();
    this.palette = new Palette();
    this.shown = 0; // the run whose network is drawn
    this.hovered = null; // the unit whose output is in the plane
    this.playing = false;
    this.waiting = false;
    this.planes = ["a", "b"].map((letter) => new Plane(byId(`plane-${letter}`), this.planeView()));
    this.curve = new Curve(byId("curve"));
    this.card = new WeightCard({
      describe: (i) => parameterWords(this.network, this.session.settings.features, i),
      numbers: (i) => ({ value: this.network.parameters[i], gradient: this.gradient()[i] }),
      set: (i, value) => this.setParameter(i, value),
    });
    this.diagram = new Diagram(byId("diagram"), {
      network: () => this.network,
      features: () => this.session.settings.features,
      toggle: (i) => this.toggleFeature(i),
      hover: (c, j) => { this.hovered = c < 0 ? null : [c, j]; this.repaint(); },
      show: (...place) => this.card.show(...place),
      edit: (...place) => this.card.edit(...place),
    });
    this.controls = new Controls(this);
    this.inside = new Inside(this);
    this.refresh();
    this.width = document.documentElement.clientWidth;
    window.addEventListener("resize", () => this.resize());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.palette.read();
      this.controls.drawPictures();
      this.repaint();
    });
  }

  planeView() {
    return {
      points: () => this.session.points,
      version: () => this.session.version,
      range: () => this.session.range,
      regression: () => this.session.regression,
      scale: () => this.session.scale,
      showsTest: () => byId("shows-test").checked,
      repaint: () => this.repaint(),
      sample: () => this.inside.sample,
      removes: () => this.controls.removes,
      choose: (point) => this.inside.choose(point),
      edit: (change) => {
        const point = this.session.edit({ ...change, y: this.controls.brush });
        this.controls.show();
        this.inside.refresh();
        this.repaint();
        return point;
      },
    };
  }

  get run() {
    return this.session.runs[this.shown] ?? this.session.runs[0];
  }

  get network() {
    return this.run.network;
  }

  // Of the training loss over all training points, with both penalties.
  gradient() {
    const { data, settings } = this.session;
    if (!data.train.n) return new Float64Array(this.network.parameters.length);
    return this.run.gradient(data.train, settings).gradient;
  }

  // -- what a reader does

  change(changes, focus) {
    this.session.change(changes);
    if (!this.session.runs[this.shown]) this.shown = 0;
    this.refresh();
    if (focus) document.querySelector(`[data-key="${focus}"]:enabled`)?.focus();
  }

  toggleFeature(i) {
    const { features } = this.session.settings;
    const changed = features.includes(i) ? features.filter((x) => x !== i) : [...features, i].sort((a, b) => a - b);
    if (changed.length) this.change({ features: changed });
    document.querySelectorAll(".feature")[i]?.focus();
  }

  setParameter(i, value) {
    this.network.parameters[i] = value;
    this.run.broken = null;
    this.run.record(this.session.data, this.session.settings);
    this.inside.refresh();
    this.repaint();
  }

  showRun(i) {
    this.shown = i;
    this.refresh();
  }

  clear() {
    this.session.clear();
    this.pause();
    this.refresh();
  }

  play() {
    if (this.playing) return this.pause();
    if (this.session.broken || !this.session.data.train.n) return this.repaint();
    this.inside.close();
    this.playing = true;
    this.repaint();
  }

  pause() {
    this.playing = false;
    this.repaint();
  }

  step() {
    this.playing = false;
    this.session.train("step");
    this.inside.refresh();
    this.repaint();
  }

  epoch() {
    this.playing = false;
    this.session.train("epoch");
    this.inside.refresh();
    this.repaint();
  }

  reset() {
    this.session.reset();
    this.refresh();
  }

  // -- what is seen

  // Not where only the height has changed, as when a phone hides its bars.
  resize() {
    if (document.documentElement.clientWidth === this.width) return;
    this.width = document.documentElement.clientWidth;
    this.refresh();
  }

  // After a change of the shape of things; a repaint is enough where only numbers have changed.
  refresh() {
    this.controls.show();
    this.diagram.compose();
    this.controls.heads();
    this.inside.refresh();
    for (const part of [...this.planes, this.curve]) part.measure();
    this.repaint();
  }

  repaint() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.frame());
  }

  frame() {
    this.waiting = false;
    if (this.playing) {
      this.session.train("epoch", performance.now() + MOST_MILLISECONDS);
      if (this.session.broken) this.playing = false;
    }
    this.paint();
    if (this.playing) this.repaint();
  }

  paint() {
    const { session } = this;
    const flat = this.places();
    const inputs = inputsOf(flat, GRID * GRID, session.settings.features);
    session.runs.forEach((run, i) => {
      const pass = run.network.forward(inputs, GRID * GRID);
      const output = { grid: pass.output.map((x) => session.score(x)), most: 1 };
      let grid = output;
      if (run === this.run) {
        const maps = this.maps(pass, output);
        this.diagram.draw(maps, this.palette);
        if (this.hovered) grid = maps[this.hovered[0]]?.[this.hovered[1]] ?? output;
      }
      this.planes[i].draw(grid, this.palette);
      const { kind, rate } = run.optimiser;
      byId(`caption-${"ab"[i]}`).textContent = this.captionOf(run, `${"AB"[i]}: ${kind}, rate ${rate}`);
      if (!this.playing) this.planes[i].canvas.setAttribute("aria-label", this.planeWords(run));
    });
    this.curve.draw(session.runs, this.palette);
    this.card.update();
    this.counts();
  }

  captionOf(run, words) {
    if (this.hovered && run === this.run) {
      const [c, j] = this.hovered;
      const last = c === this.network.layers.length;
      return `shown: ${c ? (last ? "the output" : `unit ${j + 1} of layer ${c}`) : `input ${featureName(j)}`}`;
    }
    return this.session.settings.both ? words : "";
  }

  // The places of the grid, x1 and x2 of each, the upper row first.
  places() {
    const [low, high] = this.session.range;
    const key = String([low, high]);
    if (this.placesKey !== key) {
      this.placesKey = key;
      this.flat = new Float64Array(GRID * GRID * 2);
      for (let r = 0, at = 0; r < GRID; r += 1) {
        for (let c = 0; c < GRID; c += 1, at += 2) {
          this.flat[at] = low[0] + (c / (GRID - 1)) * (high[0] - low[0]);
          this.flat[at + 1] = high[1] - (r / (GRID - 1)) * (high[1] - low[1]);
        }
      }
      this.featureMaps = run("features", GRID * GRID, this.flat).map(withSize);
    }
    return this.flat;
  }

  // For each column of the diagram the grids of its units.
  maps(pass, output) {
    const hidden = pass.layers.slice(0, -1).map((layer) => layer.outputs.map(withSize));
    return [this.featureMaps, ...hidden, [output]];
  }

  planeWords(run) {
    const { train, test } = run.last;
    return `The plane with ${this.session.points.length} points and the boundary of the network; `
      + `training loss ${shortNumber(train)}, test loss ${shortNumber(test)}`;
  }

  counts() {
    const { run } = this;
    const { train, test } = run.last;
    byId("count-epoch").textContent = run.epochs.toLocaleString("en");
    byId("count-step").textContent = run.steps.toLocaleString("en");
    byId("loss-train").textContent = this.session.data.train.n ? shortNumber(train) : "no points";
    byId("loss-test").textContent = this.session.data.test.n ? shortNumber(test) : "no points";
    this.say(this.session.broken ?? (this.session.data.train.n ? this.message ?? "" : "There are no points to train on: click in the plane to add some."));
    const button = byId("play");
    if (button.dataset.playing === String(this.playing)) return;
    button.dataset.playing = this.playing;
    button.innerHTML = this.playing ? '<span aria-hidden="true">❚❚</span> Pause' : '<span aria-hidden="true">▶</span> Play';
  }

  say(text) {
    const status = byId("status");
    if (status.textContent !== text) status.textContent = text;
    status.hidden = !text;
    status.classList.toggle("broken", Boolean(this.session.broken));
  }
}

// A grid with its largest size.
function withSize(grid) {
  let most = 0;
  for (let k = 0; k < grid.length; k += 1) if (Math.abs(grid[k]) > most) most = Math.abs(grid[k]);
  return { grid, most: most > 0 && most < Infinity ? most : 1 };
}

const page = new Page();
