// A run: a network, an optimiser with its state, and the curve of its losses.  Two runs start from the same weights
// and see the same batches.

const MOMENTUM = 0.9;
const LONGEST_CURVE = 400; // moments that are kept; then every second one is

class Run {
  constructor(settings, optimiser) {
    this.optimiser = optimiser; // {kind, rate}
    this.chance = new Chance(settings.seed + 3);
    const sizes = [settings.features.length, ...settings.hidden, 1];
    this.network = new Network(sizes, settings.activation).initialise(settings.init, new Chance(settings.seed + 2));
    this.restart();
  }

  // Forget the state of the optimiser and the curve, as after an edit of the network's shape.
  restart() {
    this.memory = [];
    this.steps = 0;
    this.samples = 0; // seen so far, for the count of epochs
    this.epochs = 0;
    this.order = [];
    this.curve = [];
    this.every = 1;
    this.moments = 0;
    this.broken = null;
  }

  // Loss and gradient over rows, with both penalties in the gradient of the weights.
  gradient(rows, settings) {
    const pass = this.network.forward(rows.inputs, rows.n);
    const { value, slopes } = meanLoss(settings.loss, pass.output, rows.targets);
    const { gradient } = this.network.backward(pass, slopes);
    const { isWeight, parameters } = this.network;
    if (settings.l1 || settings.l2) {
      const [penalised] = run("penalties", gradient.length, parameters, gradient, settings.l1, settings.l2);
      gradient.forEach((_, i) => { if (isWeight[i]) gradient[i] = penalised[i]; });
    }
    return { loss: value, gradient };
  }

  // One step of the optimiser on the next batch.
  step(data, settings) {
    const { train, rows } = data;
    if (!train.n || this.broken) return;
    if (!this.order.length) this.order = this.chance.shuffled(Array.from({ length: train.n }, (_, k) => k));
    const batch = this.order.splice(0, settings.batch);
    const { loss, gradient } = this.gradient(rows(batch), settings);
    this.move(gradient);
    this.steps += 1;
    this.samples += batch.length;
    if (!this.order.length) this.epochs += 1;
    this.check(loss);
  }

  move(gradient) {
    const { parameters } = this.network;
    const [moved, ...memory] = run(
      this.optimiser.kind, parameters.length, parameters, gradient, this.optimiser.rate, this.steps, MOMENTUM,
      ...this.stateOf(parameters.length),
    );
    this.network.parameters = Float64Array.from(moved);
    this.memory = memory;
  }

  stateOf(size) {
    const count = made.memory[this.optimiser.kind];
    return this.memory.length === count ? this.memory : Array.from({ length: count }, () => new Float64Array(size));
  }

  // What is infinite or not a number stops the training, in words.
  check(loss) {
    const bad = this.network.parameters.findIndex((x) => !Number.isFinite(x));
    const what = !Number.isFinite(loss) ? "the loss" : bad >= 0 ? "a weight" : null;
    if (!what) return;
    const value = what === "the loss" ? loss : this.network.parameters[bad];
    const is = Number.isNaN(value) ? "not a number (NaN)" : `infinite (${value > 0 ? "∞" : "−∞"})`;
    this.broken = `Training stopped: ${what} is ${is} after step ${this.steps}, with ${this.optimiser.kind} at `
      + `rate ${this.optimiser.rate}. Choose a smaller rate, then Reset.`;
  }

  // The losses of now, which the curve keeps.
  record(data, settings) {
    const lossOf = (rows) => meanLoss(settings.loss, this.network.forward(rows.inputs, rows.n).output, rows.targets);
    const moment = { epoch: this.samples / Math.max(1, data.train.n), train: lossOf(data.train).value,
      test: data.test.n ? lossOf(data.test).value : NaN };
    this.last = moment;
    const same = this.curve.at(-1)?.epoch === moment.epoch;
    if (same) this.curve.pop();
    if (same || this.moments % this.every === 0) this.curve.push(moment);
    this.moments += same ? 0 : 1;
    if (this.curve.length > LONGEST_CURVE) {
      this.curve = this.curve.filter((_, i) => i % 2 === 0);
      this.every *= 2;
    }
    if (this.steps && !this.broken) this.check(moment.train);
    return moment;
  }
}
