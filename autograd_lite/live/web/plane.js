// The plane of the inputs: the network's output as a heat map with its boundary, the points, and their editing by
// mouse, touch and keyboard.

const GRID = 48; // points of the heat map along a side
const EDGE = { left: 30, bottom: 22, top: 6, right: 6 };
const NEAR = 11; // pixels from a point within which a press takes hold of it

class Plane {
  constructor(canvas, view) {
    this.canvas = canvas;
    this.view = view; // {points, range, edit(change), regression, names, brush}
    this.backdrop = document.createElement("canvas");
    this.cursor = null; // of the keyboard, in coordinates
    this.held = null;
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    // A finger on a point drags it; beside points it scrolls the page, and adds a point where it only taps.
    canvas.addEventListener("touchstart", (event) => {
      const box = canvas.getBoundingClientRect();
      const [touch] = event.touches;
      if (this.nearest(touch.clientX - box.x, touch.clientY - box.y)) event.preventDefault();
    }, { passive: false });
    canvas.addEventListener("pointercancel", () => { this.held = this.tapped = null; });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => { this.cursor = null; view.repaint(); });
  }

  // Read once for all frames: to ask for it in each would make the browser lay the page out in each.
  measure() {
    this.width = this.canvas.clientWidth;
  }

  get side() {
    return this.width - EDGE.left - EDGE.right;
  }

  // From coordinates to pixels, and back.
  pixel([x1, x2]) {
    const [low, high] = this.view.range();
    const share = (x, i) => (x - low[i]) / (high[i] - low[i]);
    return [EDGE.left + share(x1, 0) * this.side, EDGE.top + (1 - share(x2, 1)) * this.side];
  }

  coordinates(x, y) {
    const [low, high] = this.view.range();
    const shares = [(x - EDGE.left) / this.side, 1 - (y - EDGE.top) / this.side];
    return shares.map((share, i) => low[i] + Math.min(1, Math.max(0, share)) * (high[i] - low[i]));
  }

  draw({ grid, most }, palette) {
    const size = this.width;
    if (size < 80) return;
    const height = this.side + EDGE.top + EDGE.bottom;
    const context = fitted(this.canvas, size, height);
    const inner = Math.round(this.side);
    if (this.backdrop.width !== inner) this.backdrop.width = this.backdrop.height = inner;
    palette.paint(this.backdrop.getContext("2d"), grid, GRID, inner, 9, most);
    context.clearRect(0, 0, size, height);
    context.drawImage(this.backdrop, EDGE.left, EDGE.top, this.side, this.side);
    this.drawBoundary(context, grid, palette);
    this.drawAxes(context, palette);
    context.drawImage(this.drawPoints(palette, size, height), 0, 0, size, height);
    const sample = this.view.sample();
    if (sample) this.drawCursor(context, sample.x, palette);
    if (this.cursor) this.drawCursor(context, this.cursor, palette);
  }

  drawBoundary(context, grid, palette) {
    const step = this.side / (GRID - 1);
    context.beginPath();
    zeroLine(grid, GRID, (a, b) => {
      context.moveTo(EDGE.left + a[0] * step, EDGE.top + a[1] * step);
      context.lineTo(EDGE.left + b[0] * step, EDGE.top + b[1] * step);
    });
    context.lineWidth = 1.8;
    context.strokeStyle = palette.ink;
    context.stroke();
  }

  drawAxes(context, palette) {
    const [low, high] = this.view.range();
    context.fillStyle = palette.faint;
    context.font = "11px system-ui, sans-serif";
    const bottom = EDGE.top + this.side;
    for (const i of [0, 1]) {
      for (const v of ticks(low[i], high[i], 5)) {
        const [x, y] = this.pixel(i ? [low[0], v] : [v, low[1]]);
        context.textAlign = i ? "right" : "center";
        context.textBaseline = i ? "middle" : "top";
        context.fillText(shortNumber(v), i ? EDGE.left - 5 : x, i ? y : bottom + 5);
      }
    }
    context.textAlign = "right";
    context.fillText("x₁", EDGE.left + this.side, bottom + 5);
    context.textBaseline = "top";
    context.fillText("x₂", EDGE.left - 5, EDGE.top);
    context.strokeStyle = palette.rule;
    context.lineWidth = 1;
    context.strokeRect(EDGE.left - 0.5, EDGE.top - 0.5, this.side + 1, this.side + 1);
  }

  // The points on a layer of their own, drawn anew only where they, the size or the colours have changed.
  drawPoints(palette, width, height) {
    const key = [this.view.version(), width, window.devicePixelRatio, palette.ink, this.view.showsTest()].join();
    if (this.drawn === key) return this.layer;
    this.drawn = key;
    this.layer ??= document.createElement("canvas");
    const context = fitted(this.layer, width, height);
    context.clearRect(0, 0, width, height);
    for (const point of this.view.points()) this.drawPoint(context, point, palette);
    return this.layer;
  }

  // Positive points are discs, negative ones diamonds; those of the test have a hollow middle.
  drawPoint(context, point, palette) {
    if (point.test && !this.view.showsTest()) return;
    const [x, y] = this.pixel(point.x);
    const size = this.view.regression() ? 3 + 2 * Math.min(1, Math.abs(point.y / this.view.scale())) : 4.2;
    const r = size * Math.min(1, 0.45 + this.side / 500);
    context.beginPath();
    if (point.y >= 0) context.arc(x, y, r, 0, 2 * Math.PI);
    else diamond(context, x, y, r * 1.25);
    context.fillStyle = point.y >= 0 ? palette.positive : palette.negative;
    context.fill();
    context.lineWidth = 1.4;
    context.strokeStyle = palette.paper;
    context.stroke();
    if (!point.test) return;
    context.beginPath();
    context.arc(x, y, r * 0.45, 0, 2 * Math.PI);
    context.fillStyle = palette.paper;
    context.fill();
  }

  drawCursor(context, place, palette) {
    const [x, y] = this.pixel(place);
    context.strokeStyle = palette.ink;
    context.lineWidth = 2;
    context.strokeRect(x - 8, y - 8, 16, 16);
  }

  nearest(x, y) {
    let best = null;
    let least = NEAR ** 2;
    for (const point of this.view.points()) {
      if (point.test && !this.view.showsTest()) continue;
      const [px, py] = this.pixel(point.x);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance <= least) [best, least] = [point, distance];
    }
    return best;
  }

  press(event) {
    if (event.button !== 0) return;
    const [x, y] = [event.offsetX, event.offsetY];
    if (x < EDGE.left || y > EDGE.top + this.side) return;
    const near = this.nearest(x, y);
    if (event.shiftKey || this.view.removes()) {
      if (near) this.view.edit({ remove: near });
      return;
    }
    if (near) this.view.choose(near);
    if (!near && event.pointerType === "touch") this.tapped = [x, y];
    else this.held = near ?? this.view.edit({ add: this.coordinates(x, y) });
    if (this.held) this.canvas.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (this.held) this.view.edit({ move: this.held, to: this.coordinates(event.offsetX, event.offsetY) });
    else this.canvas.style.cursor = this.nearest(event.offsetX, event.offsetY) ? "grab" : "crosshair";
  }

  release() {
    if (this.tapped) this.view.edit({ add: this.coordinates(...this.tapped) });
    this.held = this.tapped = null;
  }

  // Arrows move a cursor, Enter adds a point there, Delete removes the nearest.
  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const [low, high] = this.view.range();
    const middle = low.map((x, i) => (x + high[i]) / 2);
    if (event.key in moves) {
      const share = event.shiftKey ? 0.1 : 0.025;
      const from = this.cursor ?? middle;
      this.cursor = from.map((x, i) => {
        const to = x + moves[event.key][i] * share * (high[i] - low[i]);
        return Math.min(high[i], Math.max(low[i], to));
      });
    } else if (event.key === "Enter" && !event.ctrlKey) {
      this.cursor ??= middle;
      this.view.edit({ add: [...this.cursor] });
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.cursor) {
      const near = this.nearest(...this.pixel(this.cursor));
      if (near) this.view.edit({ remove: near });
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.view.repaint();
  }
}

function diamond(context, x, y, r) {
  context.moveTo(x, y - r);
  context.lineTo(x + r, y);
  context.lineTo(x, y + r);
  context.lineTo(x - r, y);
  context.closePath();
}

// Round numbers between two, about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step + 0);
  return found;
}
