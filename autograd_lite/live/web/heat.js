// Numbers as colours: blue is positive, orange negative, and the negative side is hatched, so that both are told apart
// without colour too.

const LEVELS = 128;

class Palette {
  constructor() {
    this.images = new Map();
    this.read();
  }

  // The colours of the page, which change with its theme.
  read() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => parsed(style.getPropertyValue(name));
    const [plus, minus, middle] = [of("--heat-plus"), of("--heat-minus"), of("--heat-middle")];
    const shades = (end) => Array.from({ length: LEVELS + 1 }, (_, i) => mixed(middle, end, (i / LEVELS) ** 0.8));
    const hatched = (shade) => mixed(shade, of("--heat-hatch"), 0.22);
    this.plus = Uint32Array.from(shades(plus), packed);
    this.minus = Uint32Array.from(shades(minus), packed);
    this.hatch = Uint32Array.from(shades(minus).map(hatched), packed);
    this.unknown = packed(of("--rule"));
    const text = (name) => style.getPropertyValue(name).trim();
    Object.assign(this, { ink: text("--ink"), faint: text("--faint"), paper: text("--paper"), rule: text("--rule"),
      positive: text("--plus"), negative: text("--minus"), anomaly: text("--anomaly") });
  }

  // The image of a square grid of numbers from -most to most, row 0 at the top, drawn with `size` x `size` pixels.
  paint(context, grid, side, size, hatching, most = 1, corner = [0, 0]) {
    const steps = LEVELS / most;
    const image = this.imageOf(context, size);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = (side - 1) / (size - 1);
    for (let r = 0; r < size; r += 1) {
      const y = Math.min(r * scale, side - 1.000001);
      const top = Math.floor(y);
      const down = y - top;
      for (let c = 0; c < size; c += 1) {
        const x = Math.min(c * scale, side - 1.000001);
        const left = Math.floor(x);
        const right = x - left;
        const i = top * side + left;
        const upper = grid[i] + (grid[i + 1] - grid[i]) * right;
        const lower = grid[i + side] + (grid[i + side + 1] - grid[i + side]) * right;
        const v = upper + (lower - upper) * down;
        const level = v < 0 ? -v * steps : v * steps;
        const shade = level > LEVELS ? LEVELS : level | 0;
        const below = (r + c) % hatching === 0 ? this.hatch : this.minus;
        pixels[r * size + c] = v >= 0 ? this.plus[shade] : v < 0 ? below[shade] : this.unknown;
      }
    }
    context.putImageData(image, ...corner);
  }

  // A picture to write into, which serves again.
  imageOf(context, size) {
    if (!this.images.has(size)) this.images.set(size, context.createImageData(size, size));
    return this.images.get(size);
  }
}

function parsed(text) {
  const hex = text.trim().slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function mixed(a, b, share) {
  return a.map((x, i) => Math.round(x + (b[i] - x) * share));
}

function packed([r, g, b]) {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // little-endian, as all browsers' machines are
}

// The line where a grid is 0: segments by marching squares, in units of cells.
function zeroLine(grid, side, segment) {
  for (let r = 0; r + 1 < side; r += 1) {
    for (let c = 0; c + 1 < side; c += 1) {
      const i = r * side + c;
      const [a, b, d, e] = [grid[i], grid[i + 1], grid[i + side + 1], grid[i + side]];
      const ends = [];
      if (a < 0 !== b < 0) ends.push([c + a / (a - b), r]);
      if (b < 0 !== d < 0) ends.push([c + 1, r + b / (b - d)]);
      if (e < 0 !== d < 0) ends.push([c + e / (e - d), r + 1]);
      if (a < 0 !== e < 0) ends.push([c, r + a / (a - e)]);
      for (let k = 0; k + 1 < ends.length; k += 2) segment(ends[k], ends[k + 1]);
    }
  }
}

// A canvas of that size on the page, sharp on screens with small pixels.
function fitted(canvas, width, height) {
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  return context;
}
