// The grid of points over the plane on which outputs are computed: of the network, and of each of its units.

class Grid {
  constructor() {
    this.size = GRID * GRID;
    this.places = new Float64Array(2 * this.size);
    this.range = "";
  }

  // What the network gets at each place; the upper row of the plane comes first.
  inputs([low, high], features) {
    const range = String([low, high]);
    if (this.range !== range) {
      this.range = range;
      for (let r = 0, at = 0; r < GRID; r += 1) {
        for (let c = 0; c < GRID; c += 1, at += 2) {
          this.places[at] = low[0] + (c / (GRID - 1)) * (high[0] - low[0]);
          this.places[at + 1] = high[1] - (r / (GRID - 1)) * (high[1] - low[1]);
        }
      }
      this.features = run("features", this.size, this.places).map(withSize);
    }
    return interleaved(features.map((i) => this.features[i].grid), this.size);
  }

  // For each column of the diagram the numbers of its units, with the size of the largest.
  maps(pass, output) {
    const hidden = pass.layers.slice(0, -1).map((layer) => layer.outputs.map(withSize));
    return [this.features, ...hidden, [output]];
  }
}

function withSize(grid) {
  let most = 0;
  for (let k = 0; k < grid.length; k += 1) if (Math.abs(grid[k]) > most) most = Math.abs(grid[k]);
  return { grid, most: most > 0 && most < Infinity ? most : 1 };
}
