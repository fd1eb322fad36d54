// The library's model file, which `autograd_lite.nn.save` writes and `nn.load` reads: an MLP, with the settings of the
// playground beside it, which the library leaves alone.

const MODEL_FORMAT = "autograd_lite.model";
const MODEL_VERSION = 1;

function parameterNames(network) {
  return network.layers.flatMap((layer, l) => Array.from({ length: layer.nout }, (_, j) => {
    const neuron = `layers.${l}.neurons.${j}`;
    return [...Array.from({ length: layer.nin }, (_, i) => `${neuron}.w[${i}]`), `${neuron}.b`];
  }).flat());
}

function structureOf(network) {
  const layers = network.layers.map((x, l) => `layers.${l}: Layer(${x.nin} -> ${x.nout}, ${x.activation})`);
  return [`MLP(${network.sizes.join(" -> ")})`, ...layers];
}

// As Python's json writes floats: shortest digits, and nan and the infinities as text.
function encoded(x) {
  return Number.isFinite(x) ? x : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

function modelDocument(network, settings) {
  const names = parameterNames(network);
  return {
    format: MODEL_FORMAT, version: MODEL_VERSION, library: made.library, structure: structureOf(network),
    state: Object.fromEntries(names.map((name, i) => [name, encoded(network.parameters[i])])),
    playground: { features: settings.features.map((i) => made.features[i]), loss: settings.loss },
  };
}

class Misfit extends Error {}

function misfit(what, advice) {
  throw new Misfit(`${what}; ${advice}. Nothing was changed.`);
}

// The network in the text of a model file, with what of the settings it changes; Misfit names the first difference.
function modelFrom(text, settings) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    misfit("This is no JSON file, or it is cut short", "choose a file that autograd_lite.nn.save or Export wrote");
  }
  const kind = found !== null && typeof found === "object" ? found.format : undefined;
  if (kind !== MODEL_FORMAT) {
    misfit(`The file holds ${JSON.stringify(kind) ?? "no format"}, not "${MODEL_FORMAT}"`,
      "choose a file that autograd_lite.nn.save or Export wrote");
  }
  if (!Number.isInteger(found.version) || found.version < 1 || found.version > MODEL_VERSION) {
    misfit(`The file is of version ${JSON.stringify(found.version)}, and this page reads version ${MODEL_VERSION}`,
      "export it from a page of the same version");
  }
  const { structure, state } = found;
  if (!Array.isArray(structure) || state === null || typeof state !== "object") {
    misfit("The file lacks the structure or the state of a model", "save it again");
  }
  const { sizes, activation } = shapeOf(structure);
  const features = featuresOf(found.playground?.features, sizes[0], settings);
  const network = new Network(sizes, activation);
  const expected = structureOf(network);
  const longest = Math.max(expected.length, structure.length);
  for (let i = 0; i < longest; i += 1) {
    if (expected[i] !== structure[i]) {
      misfit(`The file has ${quoted(structure[i])} where the playground has ${quoted(expected[i])}`,
        "save an MLP with one activation in all hidden layers and a linear output");
    }
  }
  const names = parameterNames(network);
  names.forEach((name, i) => {
    const x = Object.hasOwn(state, name) ? state[name] : undefined;
    const value = { nan: NaN, inf: Infinity, "-inf": -Infinity }[x] ?? x;
    if (typeof value !== "number") misfit(`${name} is ${quoted(x)}, which is no number`, "save the file again");
    network.parameters[i] = value;
  });
  const extra = Object.keys(state).find((name) => !names.includes(name));
  if (extra !== undefined) misfit(`The file has ${quoted(extra)}, which its structure lacks`, "save it again");
  const loss = made.losses.includes(found.playground?.loss) ? found.playground.loss : settings.loss;
  return { network, settings: { hidden: sizes.slice(1, -1), activation, features, loss } };
}

function quoted(x) {
  const text = x === undefined ? "nothing" : JSON.stringify(x);
  return text.length > 80 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}

// Sizes and activation of an MLP within the limits of the page.
function shapeOf(structure) {
  const whole = /^MLP\((\d+(?: -> \d+)+)\)$/.exec(structure[0]);
  if (!whole) misfit(`The file holds ${quoted(structure[0])}`, "the playground takes an MLP: build it as nn.MLP");
  const sizes = whole[1].split(" -> ").map(Number);
  const hidden = sizes.slice(1, -1);
  const most = made.features.length;
  if (sizes[0] > most) misfit(`The model has ${sizes[0]} inputs, the playground at most ${most}`, "use fewer");
  if (sizes.at(-1) !== 1) misfit(`The model has ${sizes.at(-1)} outputs, the playground 1`, "use a single output");
  if (hidden.length < 1 || hidden.length > made.deepest) {
    misfit(`The model has ${hidden.length} hidden layers, the playground 1 to ${made.deepest}`, "use as many");
  }
  hidden.forEach((size, l) => {
    if (size < 1 || size > made.widest) {
      misfit(`Hidden layer ${l + 1} has ${size} units, the playground 1 to ${made.widest}`, "use as many");
    }
  });
  const activation = /, ([^,()]+)\)$/.exec(structure[1] ?? "")?.[1];
  if (!made.activations.includes(activation)) {
    misfit(`${quoted(structure[1])} has an activation that the playground lacks`,
      `use one of ${made.activations.join(", ")}`);
  }
  return { sizes, activation };
}

function featuresOf(named, count, settings) {
  if (Array.isArray(named)) {
    const found = named.map((name) => made.features.indexOf(name));
    if (found.length === count && !found.includes(-1) && new Set(found).size === count) return found;
  }
  if (count === settings.features.length) return settings.features;
  if (count === 2) return [0, 1];
  return misfit(`The model has ${count} inputs and does not name them, and ${settings.features.length} are chosen here`,
    `choose ${count} inputs, then import it again`);
}
