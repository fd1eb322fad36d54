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
    this.grid = new Grid();
    this.readout = new Readout(this);
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
    this.message = "";
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
    this.message = "";
    this.session.clear();
    this.pause();
    this.refresh();
  }

  play() {
    this.message = "";
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
    this.message = "";
    this.playing = false;
    this.session.train("step");
    this.inside.refresh();
    this.repaint();
  }

  epoch() {
    this.message = "";
    this.playing = false;
    this.session.train("epoch");
    this.inside.refresh();
    this.repaint();
  }

  reset() {
    this.message = "";
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
    this.hovered = null;
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
    const { session, grid } = this;
    const inputs = grid.inputs(session.range, session.settings.features);
    session.runs.forEach((run, i) => {
      const pass = run.network.forward(inputs, grid.size);
      const output = { grid: pass.output.map((x) => session.score(x)), most: 1 };
      let shown = output;
      if (run === this.run) {
        const maps = grid.maps(pass, output);
        this.diagram.draw(maps, this.palette);
        if (this.hovered) shown = maps[this.hovered[0]]?.[this.hovered[1]] ?? output;
      }
      this.planes[i].draw(shown, this.palette);
    });
    this.curve.draw(session.runs, this.palette);
    this.card.update();
    this.readout.show();
  }
}

const page = new Page();
