// The network: a unit is its heat map over the plane, a weight a line whose width is its size, solid where it is
// positive and dashed where negative, a bias the sign at the foot of its unit.

const UNIT = 40; // pixels
const PITCH = 54; // from unit to unit
const HEAD = 8;

function subscript(n) {
  return String(n).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[d]);
}

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
    this.canvas = document.createElement("canvas"); // lines and maps; above it what a pointer meets
    holder.append(this.canvas);
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
    this.size = [width, height];
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
    const element = svgElement("path", { d, class: "reach", "data-parameter": parameter }, this.svg);
    this.listen(element, parameter);
    this.edges.push({ element, parameter, line: new Path2D(d) });
  }

  addBias(place, parameter) {
    const mark = document.createElement("span");
    mark.className = "bias";
    mark.dataset.parameter = parameter;
    mark.style.left = `${place.x - UNIT / 2 - 4}px`;
    mark.style.top = `${place.y + UNIT / 2 - 10}px`;
    this.listen(mark, parameter);
    this.holder.append(mark);
    return { element: mark, parameter };
  }

  listen(element, parameter) {
    element.addEventListener("pointermove", (event) => this.view.show(parameter, event.clientX, event.clientY));
    element.addEventListener("pointerleave", () => this.view.show(-1));
    element.addEventListener("click", (event) => this.view.edit(parameter, event.clientX, event.clientY));
  }

  addUnit(place, c, j) {
    const element = document.createElement(c ? "div" : "button");
    element.className = "unit";
    element.style.left = `${place.x - UNIT / 2}px`;
    element.style.top = `${place.y - UNIT / 2}px`;
    element.addEventListener("pointerenter", () => this.view.hover(c, j));
    element.addEventListener("pointerleave", () => this.view.hover(-1, -1));
    this.holder.append(element);
    if (c) return place;
    const name = featureName(j);
    const on = this.view.features().includes(j);
    element.type = "button";
    element.className = "unit feature";
    element.setAttribute("aria-pressed", on);
    element.title = on ? `Input ${name}: select to leave it out` : `Select to give the network ${name}`;
    element.setAttribute("aria-label", `Input ${name}`);
    element.append(Object.assign(document.createElement("span"), { textContent: name }));
    element.addEventListener("click", () => this.view.toggle(j));
    return place;
  }

  // The numbers of now; `maps[c][j]` is the grid of a unit, and its largest size.
  draw(maps, palette) {
    const { parameters } = this.view.network();
    const [width, height] = this.size;
    const context = fitted(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    this.edges.forEach(({ line, parameter }, k) => {
      const w = parameters[parameter];
      const size = Math.abs(w);
      context.lineWidth = Number.isFinite(size) ? 0.5 + 5.5 * Math.tanh(size / 1.6) : 6;
      context.setLineDash(w < 0 ? [7, 4] : []);
      const colour = w < 0 ? palette.negative : w >= 0 ? palette.positive : palette.anomaly;
      context.strokeStyle = k === this.chosen ? palette.ink : colour;
      context.globalAlpha = 0.85;
      context.stroke(line);
    });
    context.setLineDash([]);
    context.globalAlpha = 1;
    const density = this.canvas.width / width;
    this.units.forEach((column, c) => column.forEach((place, j) => {
      if (!maps[c][j]) return;
      const corner = [place.x - UNIT / 2 + 1, place.y - UNIT / 2 + 1].map((x) => Math.round(x * density));
      const { grid, most } = maps[c][j];
      palette.paint(context, grid, GRID, Math.round((UNIT - 2) * density), 5, most, corner);
    }));
    for (const { element, parameter } of this.biases) {
      const b = parameters[parameter];
      const sign = b > 0 ? "+" : b < 0 ? "−" : Number.isNaN(b) ? "?" : "0";
      if (element.textContent === sign) continue;
      element.textContent = sign;
      element.classList.toggle("negative", b < 0);
      element.classList.toggle("zero", b === 0);
    }
  }

  get all() {
    return [...this.edges ?? [], ...this.biases ?? []];
  }

  choose(k) {
    for (const { element } of this.biases ?? []) element.classList.remove("chosen");
    this.chosen = k;
    if (k < 0) return this.view.show(-1);
    const { element, parameter } = this.all[k];
    if (k >= this.edges.length) element.classList.add("chosen");
    this.view.show(parameter, ...this.middle(element));
  }

  middle(element) {
    const box = element.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  // Arrows go through the weights and biases, Enter edits the chosen one.
  key(event) {
    if (event.target !== this.holder) return;
    const count = this.all.length;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      this.choose((Math.max(this.chosen, step < 0 ? 0 : -1) + step + count) % count);
    } else if (event.key === "Enter" && this.chosen >= 0) {
      const { element, parameter } = this.all[this.chosen];
      this.view.edit(parameter, ...this.middle(element));
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
