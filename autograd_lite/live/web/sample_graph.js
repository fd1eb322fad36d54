// The scalar graph of one sample, as the data of the library's stepping page: put together from the pieces that the
// library explored (weighted sums, activations, losses), each with its nodes, their words, and what computes its numbers.

const MOST_WAYS = 5; // of a sum that are written out, as explaining/formats.py has it
const FOLDED_FROM = 40; // nodes

class SampleGraph {
  constructor(network, features, point, loss) {
    this.nodes = [];
    this.numbers = [];
    this.modules = [];
    const rows = inputsOf(Float64Array.from(point.x), 1, features);
    const pass = network.forward(rows, 1);
    const target = targetOf(point.y, loss);
    const [, slopes] = run(loss, 1, pass.output, [target]);
    const adjoints = network.backward(pass, slopes, true);
    let below = features.map((i, k) => this.leaf(featureName(i), "input", rows[k], adjoints.inputs[k][0]));
    network.layers.forEach((layer, l) => {
      this.modules.push(layerPath(network, l));
      below = Array.from({ length: layer.nout }, (_, j) => this.neuron(network, adjoints, pass, below, l, j));
    });
    this.addLoss(loss, below[0], target);
    for (const node of this.nodes) if (node.ways.length || node.terms.length) this.join(node);
  }

  get lesson() {
    const folded = this.nodes.length > FOLDED_FROM ? this.modules.filter((path) => path.includes(".unit")) : [];
    return {
      result: "L", precision: 4, numbers: this.numbers.map(inJson), modules: this.modules, titles: {}, folded,
      inputs: [], nodes: this.nodes.map(({ terms, ...node }) => node),
    };
  }

  number(x) {
    return this.numbers.push(x) - 1;
  }

  leaf(name, kind, value, gradient, module = null) {
    const place = this.number(value);
    const node = {
      key: this.nodes.length, name, named: true, kind, symbol: "", operands: [], value: place,
      gradient: gradient === null ? null : this.number(gradient), forward: [shortNumber(value)], letters: [],
      numbers: [], ways: [], module, terms: [],
    };
    this.nodes.push(node);
    return node;
  }

  // A unit: its weights and its bias, its sum s, and its output h.
  neuron(network, adjoints, pass, below, l, j) {
    const layer = network.layers[l];
    const last = l === network.layers.length - 1;
    const module = `${layerPath(network, l)}.unit ${j + 1}`;
    this.modules.push(module);
    const mark = subscript(l + 1) + subscript(j + 1);
    const parameter = (i, name) => {
      const place = network.place(layer, j, i);
      return this.leaf(name, "parameter", network.parameters[place], adjoints.gradient[place], module);
    };
    const known = { b: null };
    for (let i = 0; i < layer.nin; i += 1) {
      known[`w${i + 1}`] = parameter(i, `w${mark}${subscript(i + 1)}`);
      known[`x${i + 1}`] = below[i];
    }
    known.b = parameter(layer.nin, `b${mark}`);
    const linear = layer.activation === "linear";
    const { outputs, sums } = adjoints.units[l];
    const name = last ? "out" : linear ? `h${mark}` : `s${mark}`;
    const sum = this.splice(`sum of ${layer.nin}`, known, { s: name }, sums[j][0], module, mark);
    if (linear) return sum;
    return this.splice(layer.activation, { s: sum }, { h: `h${mark}` }, outputs[j][0], module, mark);
  }

  addLoss(loss, out, target) {
    const name = Object.hasOwn(made.graph.pieces, loss) ? loss : `${loss} ${target}`;
    const known = { out };
    if (made.graph.pieces[name].inputs.includes("y")) known.y = this.leaf("y", "constant", target, null);
    this.splice(name, known, { L: "L" }, 1, null, "");
  }

  // The nodes of a piece whose inputs are known; `upstream` is the gradient of its result.  Returns the node of that.
  splice(name, known, called, upstream, module, mark) {
    const piece = made.graph.pieces[name];
    const inputs = piece.inputs.map((input) => this.numbers[known[input].value]);
    const numbers = Float64Array.from(programs[`graph of ${name}`](inputs)[0]);
    for (const place of piece.slopes) numbers[place] *= upstream;
    const nodes = new Map();
    const words = new Map();
    for (const node of piece.nodes) {
      const found = known[node.name];
      words.set(node.name, found ? found.name : called[node.name] ?? `${node.name}${mark}`);
    }
    const text = (template) => renamed(fill(template, numbers, 4), words);
    for (const node of piece.nodes) {
      const given = known[node.name];
      const copy = given ?? this.leaf(words.get(node.name), node.kind, numbers[node.value], null, module);
      nodes.set(node.key, copy);
      if (!given) {
        if (node.gradient !== null) copy.gradient = this.number(numbers[node.gradient]);
        if (node.kind === "result") copy.kind = name.startsWith("sum") || module ? "operation" : "result";
        copy.named = node.named;
        copy.symbol = node.symbol;
        copy.operands = node.operands.map((key) => nodes.get(key).key);
        copy.forward = node.forward.map(text);
        if (!node.ways.length && node.name === "L") copy.numbers = node.numbers.map(text);
      }
    }
    const root = [...nodes.values()].at(-1);
    for (const node of piece.nodes) {
      const user = nodes.get(node.key);
      for (const [key, up, local] of node.ways) {
        user.ways.push([nodes.get(key).key, this.number(numbers[up]), this.number(numbers[local])]);
      }
      if (node.ways.length) user.terms.push({ letters: node.letters.map(text), product: text(node.numbers[0]) });
      else if (known[node.name] && node.kind === "input" && node.gradient === null) this.passNothing(user, root);
    }
    return root;
  }

  // A function that is flat everywhere, as a step is, passes the gradient on as 0.
  passNothing(node, root) {
    node.ways.push([root.key, root.gradient, this.number(0)]);
    const up = `∂L/∂${root.name}`;
    const letters = [`${up} · ∂${root.name}/∂${node.name}`, `${up} · 0`];
    node.terms.push({ letters, product: `${factor(this.numbers[root.gradient])} · 0` });
  }

  // The chain rule of a node: the sum over all ways to the loss.
  join(node) {
    if (node.gradient === null) return;
    const shown = node.terms.slice(0, MOST_WAYS);
    const rest = node.terms.length > MOST_WAYS ? [`… (${node.terms.length} terms)`] : [];
    const joined = (list) => [...list, ...rest].join(" + ");
    node.letters = [0, 1].map((i) => joined(shown.map(({ letters }) => letters[i] ?? letters[0])));
    if (node.letters[0] === node.letters[1]) node.letters.pop();
    node.numbers = [joined(shown.map(({ product }) => product))];
    const flows = node.ways.map(([, up, local]) => factor(this.numbers[up] * this.numbers[local]));
    if (flows.length > 1 && !rest.length) node.numbers.push(joined(flows));
    node.numbers.push(shortNumber(this.numbers[node.gradient]));
  }
}

function layerPath(network, l) {
  return l === network.layers.length - 1 ? "output" : `layer ${l + 1}`;
}

function factor(x) {
  const text = shortNumber(x);
  return x < 0 ? `(${text})` : text;
}

// The words of a piece with the names that its nodes have in the graph.
function renamed(text, words) {
  return text.replace(/[A-Za-z]\w*/g, (word) => words.get(word) ?? word);
}

// A float for JSON, as explaining/page_data.py writes it.
function inJson(x) {
  return Number.isFinite(x) ? x : String(x);
}

// The stepping page with the data of a graph, in which no text ends the script.
function steppingPage(lesson) {
  const signs = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
  const data = JSON.stringify(lesson).replace(/[<>&]/g, (sign) => signs[sign]);
  const [before, after] = made.graph.page.split(/(?<=id="lesson">)[^<]*(?=<\/script>)/);
  return before + data + after;
}
