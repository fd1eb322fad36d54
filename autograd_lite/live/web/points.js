// Data sets: points {x: [x1, x2], y, test}, where y is 1 or -1 for a class, a number from -1 to 1 for regression.

const REACH = 3; // data sets fill the plane from -REACH to REACH

function arcs(chance, i, label) {
  const angle = chance.uniform(0, Math.PI);
  const [x1, x2] = [2 * Math.cos(angle), 2 * Math.sin(angle)];
  return label > 0 ? [x1 - 1, x2 - 0.5] : [x1 * -1 + 1, -x2 + 0.5];
}

function onCircle(chance, radius) {
  const angle = chance.uniform(0, 2 * Math.PI);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

// Each maker gives the place of the i-th of `count` points of a class; `noise` is added to it.
const DATA_SETS = {
  moons: { words: "Moons", place: (chance, i, label) => arcs(chance, i, label) },
  circles: {
    words: "Circles",
    place: (chance, i, label) => onCircle(chance, label > 0 ? chance.uniform(0, 1.1) : chance.uniform(1.9, 2.7)),
  },
  xor: {
    words: "XOR",
    place: (chance, i, label) => {
      const [a, b] = [chance.uniform(0.15, 2.6), chance.uniform(0.15, 2.6)];
      const side = chance.uniform() < 0.5 ? 1 : -1;
      return [side * a, side * label * b];
    },
  },
  spirals: {
    words: "Spirals",
    place: (chance, i, label, count) => {
      const share = (i + 0.5) / count;
      const angle = 3.4 * Math.PI * share ** 0.7 + (label > 0 ? 0 : Math.PI);
      const radius = 0.15 + 2.55 * share ** 0.7;
      return [radius * Math.sin(angle), radius * Math.cos(angle)];
    },
  },
  clusters: {
    words: "Gaussian",
    place: (chance, i, label) => [chance.normal(1.3 * label, 0.55), chance.normal(1.3 * label, 0.55)],
  },
  plane: {
    words: "Regression",
    regression: true,
    place: (chance) => [chance.uniform(-2.8, 2.8), chance.uniform(-2.8, 2.8)],
    value: ([x1, x2]) => (x1 + x2) / (2 * REACH),
  },
  own: { words: "Own points", place: null },
};

// The points of a data set, the same for the same settings and seed.
function makePoints(name, { count, noise, share, seed }) {
  const chance = new Chance(seed);
  const set = DATA_SETS[name];
  const points = [];
  for (let i = 0; i < count; i += 1) {
    const label = i % 2 ? -1 : 1;
    const place = set.place(chance, Math.floor(i / 2), label, count / 2);
    const x = place.map((v) => v + (set.regression ? 0 : chance.normal(0, 0.9 * noise)));
    const y = set.regression ? set.value(place) + chance.normal(0, 0.4 * noise) : label;
    points.push({ x, y, test: false });
  }
  return split(points, share, seed);
}

// Mark that share of the points, drawn with the seed, as held out for the test; at least one stays for training.
function split(points, share, seed) {
  const order = new Chance(seed + 1).shuffled(points.map((_, i) => i));
  const held = Math.min(Math.round(points.length * share), Math.max(0, points.length - 1));
  order.forEach((i, rank) => { points[i].test = rank < held; });
  return points;
}

// The rows of points as the programs take them, with what the loss takes for their targets.
function rowsOf(points, chosen, loss) {
  const flat = new Float64Array(points.length * 2);
  points.forEach((point, k) => flat.set(point.x, 2 * k));
  const targets = Float64Array.from(points, (point) => targetOf(point.y, loss));
  return { n: points.length, inputs: inputsOf(flat, points.length, chosen), targets };
}

// The binary cross-entropy counts classes as 1 and 0, all else as 1 and -1.
function targetOf(y, loss) {
  return loss === "binary_cross_entropy_with_logits" ? (y > 0 ? 1 : 0) : y;
}

// The chosen features of n points, row by row.
function inputsOf(flat, n, chosen) {
  const columns = run("features", n, flat);
  return interleaved(chosen.map((i) => columns[i]), n);
}
