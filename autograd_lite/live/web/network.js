// A network, assembled from the programs of the library: weighted sums, activations, and the adjoints of both.
// Its parameters are one array, in the order of the library's state_dict: for each neuron its weights, then its bias.

class Network {
  constructor(sizes, activation, parameters) {
    this.sizes = sizes; // inputs, hidden layers, one output
    this.activation = activation;
    this.layers = [];
    let offset = 0;
    for (let l = 1; l < sizes.length; l += 1) {
      const layer = {
        nin: sizes[l - 1], nout: sizes[l], offset, activation: l === sizes.length - 1 ? "linear" : activation,
      };
      this.layers.push(layer);
      offset += layer.nout * (layer.nin + 1);
    }
    this.parameters = parameters ?? new Float64Array(offset);
    this.isWeight = new Uint8Array(offset).fill(1); // and no bias
    for (const layer of this.layers) {
      for (let j = 0; j < layer.nout; j += 1) this.isWeight[this.place(layer, j, layer.nin)] = 0;
    }
  }

  // Weights as the library's initialiser draws them, biases 0.
  initialise(init, chance) {
    for (const layer of this.layers) {
      const name = init === "auto" ? made.suited[layer.activation] : init;
      const distribution = made.starts[name][layer.nin - 1][layer.nout - 1];
      for (let j = 0; j < layer.nout; j += 1) {
        for (let i = 0; i < layer.nin; i += 1) this.parameters[this.place(layer, j, i)] = chance.draw(distribution);
        this.parameters[this.place(layer, j, layer.nin)] = 0;
      }
    }
    return this;
  }

  // Where the i-th weight of the j-th neuron is; after the weights comes the bias.
  place(layer, j, i) {
    return layer.offset + j * (layer.nin + 1) + i;
  }

  neuron(layer, j) {
    const from = this.place(layer, j, 0);
    return this.parameters.subarray(from, from + layer.nin + 1);
  }

  // All layers for n samples: their inputs row by row, and for each unit the columns of its sums and outputs.
  forward(inputs, n) {
    let rows = inputs;
    const layers = this.layers.map((layer) => {
      const sums = [];
      const outputs = [];
      for (let j = 0; j < layer.nout; j += 1) {
        [sums[j]] = run(`sum of ${layer.nin}`, n, this.neuron(layer, j), rows);
        outputs[j] = layer.activation === "linear" ? sums[j] : run(layer.activation, n, sums[j])[0];
      }
      const held = { inputs: rows, sums, outputs };
      rows = interleaved(outputs, n);
      return held;
    });
    return { n, layers, output: layers.at(-1).outputs[0] };
  }

  // The gradient of a loss in all parameters, from its slopes in the outputs of a forward pass; with those of each
  // unit's output and sum, and where asked those of the inputs.
  backward(pass, slopes, ofInputs = false) {
    const gradient = new Float64Array(this.parameters.length);
    const units = [];
    let above = [slopes]; // of each unit, the adjoints of its outputs
    for (let l = this.layers.length - 1; l >= 0; l -= 1) {
      const layer = this.layers[l];
      const { inputs, sums } = pass.layers[l];
      const below = Array.from({ length: l || ofInputs ? layer.nin : 0 }, () => new Float64Array(pass.n));
      units[l] = { outputs: above, sums: [] };
      for (let j = 0; j < layer.nout; j += 1) {
        const linear = layer.activation === "linear";
        const adjoint = linear ? above[j] : run(`${layer.activation}, adjoint`, pass.n, sums[j], above[j])[0];
        const neuron = this.neuron(layer, j);
        const [ofWeights] = run(`sum of ${layer.nin}, adjoint of weights`, pass.n, neuron, inputs, adjoint);
        gradient.set(ofWeights, this.place(layer, j, 0));
        units[l].sums[j] = adjoint;
        if (!below.length) continue;
        run(`sum of ${layer.nin}, adjoint of inputs`, pass.n, neuron, inputs, adjoint).forEach((column, i) => {
          for (let k = 0; k < pass.n; k += 1) below[i][k] += column[k];
        });
      }
      above = below;
    }
    return { gradient, units, inputs: above };
  }
}

// Columns of n samples as rows.
function interleaved(columns, n) {
  if (columns.length === 1) return columns[0];
  const rows = new Float64Array(n * columns.length);
  columns.forEach((column, i) => {
    for (let k = 0, at = i; k < n; k += 1, at += columns.length) rows[at] = column[k];
  });
  return rows;
}

// The mean loss of outputs, and its slope in each of them.
function meanLoss(name, output, targets) {
  const n = targets.length;
  if (!n) return { value: NaN, slopes: new Float64Array(0) };
  const [values, slopes] = run(name, n, output, targets);
  let total = 0;
  for (const value of values) total += value;
  return { value: total / n, slopes: slopes.map((slope) => slope / n) };
}
