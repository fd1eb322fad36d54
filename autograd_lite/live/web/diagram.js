// The network: a unit is its heat map over the plane, a weight a line whose width is its size, solid where it is
// positive and dashed where negative, a bias the sign at the foot of its unit.

const UNIT = 40; // pixels
const PITCH = 54; // from unit to unit
const HEAD = 8;

function svgElement(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

class Diagram {
  constructor(holder, view) {
    this.holder = holder;
    this.view = view; // {network, features, toggle, hover, show, edit}
    this.svg = svgElement("svg", { "aria-hidden": "true" }, holder);
    this.chosen = -1;
    holder.tabIndex = 0;
    holder.addEventListener("keydown", (event) => this.key(event));
    holder.addEventListener("blur", () => this.choose(-1));
  }

  // Make the elements anew, for another shape or width.
  compose() {
    const network = this.view.network();
    const width = this.holder.clientWidth;
    for (const unit of this.holder.querySelectorAll(".unit, .bias")) unit.remove();
    this.svg.replaceChildren();
    const columns = [made.features.length, ...network.sizes.slice(1)];
    const height = HEAD + Math.max(...columns) * PITCH;
    this.holder.style.height = `${height}px`;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const gap = (width - UNIT - 2) / (columns.length - 1);
    const places = columns.map((count, c) => Array.from({ length: count }, (_, j) => (
      { x: 1 + c * gap + UNIT / 2, y: HEAD + UNIT / 2 + j * PITCH }
    )));
    this.columns = places.map((column) => column[0].x);
    this.edges = [];
    const chosen = this.view.features();
    network.layers.forEach((layer, l) => {
      for (let j = 0; j < layer.nout; j += 1) {
        for (let i = 0; i < layer.nin; i += 1) {
          const from = places[l][l ? i : chosen[i]];
          this.addEdge(from, places[l + 1][j], network.place(layer, j, i));
        }
      }
    });
    this.units = places.map((column, c) => column.map((place, j) => this.addUnit(place, c, j)));
    this.biases = network.layers.flatMap((layer, l) => Array.from({ length: layer.nout }, (_, j) => (
      this.addBias(places[l + 1][j], network.place(layer, j, layer.nin))
    )));
    this.choose(-1);
  }

  addEdge(from, to, parameter) {
    const [x0, x1] = [from.x + UNIT / 2, to.x - UNIT / 2];
    const bend = (x1 - x0) / 2;
    const d = `M${x0},${from.y} C${x0 + bend},${from.y} ${x1 - bend},${to.y} ${x1},${to.y}`;
    const line = svgElement("path", { d, class: "weight" }, this.svg);
    const reach = svgElement("path", { d, class: "reach", "data-parameter": parameter }, this.svg);
    this.listen(reach, parameter);
    this.edges.push({ line, parameter });
  }

  addBias(place, parameter) {
    const mark = document.createElement("span");
    mark.className = "bias";
    mark.dataset.parameter = parameter;
    mark.style.left = `${place.x - UNIT / 2 - 4}px`;
    mark.style.top = `${place.y + UNIT / 2 - 10}px`;
    this.listen(mark, parameter);
    this.holder.append(mark);
    return { mark, parameter };
  }

  listen(element, parameter) {
    element.addEventListener("pointermove", (event) => this.view.show(parameter, event.clientX, event.clientY));
    element.addEventListener("pointerleave", () => this.view.show(-1));
    element.addEventListener("click", (event) => this.view.edit(parameter, event.clientX, event.clientY));
  }

  addUnit(place, c, j) {
    const canvas = document.createElement("canvas");
    canvas.className = "unit";
    canvas.style.left = `${place.x - UNIT / 2}px`;
    canvas.style.top = `${place.y - UNIT / 2}px`;
    canvas.width = canvas.height = Math.round(UNIT * Math.min(window.devicePixelRatio || 1, 2));
    canvas.addEventListener("pointerenter", () => this.view.hover(c, j));
    canvas.addEventListener("pointerleave", () => this.view.hover(-1, -1));
    if (c) {
      this.holder.append(canvas);
      return canvas;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "unit feature";
    button.style.left = canvas.style.left;
    button.style.top = canvas.style.top;
    canvas.className = "";
    const name = featureName(j);
    const on = this.view.features().includes(j);
    button.setAttribute("aria-pressed", on);
    button.title = on ? `Input ${name}: select to leave it out` : `Select to give the network ${name}`;
    button.setAttribute("aria-label", `Input ${name}`);
    button.append(canvas, Object.assign(document.createElement("span"), { textContent: name }));
    button.addEventListener("click", () => this.view.toggle(j));
    this.holder.append(button);
    return canvas;
  }

  // The numbers of now; `maps[c][j]` are the grids of the units.
  draw(maps, palette) {
    const { parameters } = this.view.network();
    for (const { line, parameter } of this.edges) {
      const w = parameters[parameter];
      const size = Math.abs(w);
      line.style.strokeWidth = Number.isFinite(size) ? (0.5 + 5.5 * Math.tanh(size / 1.6)).toFixed(2) : 6;
      line.classList.toggle("negative", w < 0);
      line.classList.toggle("unknown", Number.isNaN(w));
    }
    for (const { mark, parameter } of this.biases) {
      const b = parameters[parameter];
      mark.textContent = b > 0 ? "+" : b < 0 ? "−" : Number.isNaN(b) ? "?" : "0";
      mark.classList.toggle("negative", b < 0);
      mark.classList.toggle("zero", b === 0);
      mark.style.opacity = 0.55 + 0.45 * Math.tanh(Math.abs(b));
    }
    this.units.forEach((column, c) => column.forEach((canvas, j) => {
      if (maps[c][j]) palette.paint(canvas.getContext("2d"), maps[c][j], GRID, canvas.width, 5);
    }));
  }

  choose(k) {
    const all = [...this.edges ?? [], ...this.biases ?? []];
    for (const { line, mark } of all) (line ?? mark).classList.remove("chosen");
    this.chosen = k;
    if (k < 0) return this.view.show(-1);
    const { line, mark, parameter } = all[k];
    (line ?? mark).classList.add("chosen");
    const box = (line ?? mark).getBoundingClientRect();
    this.view.show(parameter, box.x + box.width / 2, box.y + box.height / 2);
  }

  // Arrows go through the weights and biases, Enter edits the chosen one.
  key(event) {
    if (event.target !== this.holder) return;
    const count = this.edges.length + this.biases.length;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key in steps) {
      this.choose((Math.max(this.chosen, steps[event.key] < 0 ? 0 : -1) + steps[event.key] + count) % count);
    } else if (event.key === "Enter" && this.chosen >= 0) {
      const { line, mark, parameter } = [...this.edges, ...this.biases][this.chosen];
      const box = (line ?? mark).getBoundingClientRect();
      this.view.edit(parameter, box.x + box.width / 2, box.y + box.height / 2);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function featureName(i) {
  return made.features[i].replace(/(\d)\^2/, (_, d) => `${d}²`).replace(/x(\d)/g, (_, d) => `x${subscript(d)}`);
}

// What a parameter is, in words.
function parameterWords(network, features, parameter) {
  for (const [l, layer] of network.layers.entries()) {
    const inside = parameter - layer.offset;
    if (inside >= layer.nout * (layer.nin + 1)) continue;
    const [j, i] = [Math.floor(inside / (layer.nin + 1)), inside % (layer.nin + 1)];
    const last = l === network.layers.length - 1;
    const unit = last ? "the output" : `unit ${j + 1} of layer ${l + 1}`;
    if (i === layer.nin) return `bias of ${unit}`;
    return `weight from ${l ? `unit ${i + 1} of layer ${l}` : featureName(features[i])} to ${unit}`;
  }
  return "";
}
