"use strict";
// The inputs of a page that computes: a slider and a field for each, and the result along the one in hand.

const panel = Object.fromEntries(["inputs", "rows", "plot", "slope"].map((id) => [id, document.getElementById(id)]));
const held = {
  values: Float64Array.from(lesson.inputs, (input) => Number(input.value)),
  ends: lesson.inputs.map((input) => [input.low, input.high]),
  hand: 0, // the input that the curve runs along
  rows: [],
  curve: null, // its points, as long as nothing else moves
};
const start = held.values.slice();

// -- what computes

function recompute() {
  renew(computeNumbers(held.values)[0]);
  writeRows();
  drawPlot();
}

// The rows that are to be seen.
function writeRows() {
  for (const [i, row] of held.rows.entries()) if (row.group.open) writeRow(i);
}

function slopeOf(i) {
  const place = lesson.nodes[lesson.inputs[i].key]?.gradient ?? null;
  return place === null ? 0 : state.numbers[place];
}

// Set inputs by their numbers in the list.
function setInputs(changes, announces) {
  for (const [i, x] of changes) {
    if (i !== held.hand && !Object.is(held.values[i], x)) held.curve = null;
    held.values[i] = x;
    const [low, high] = held.ends[i];
    if (Number.isFinite(x) && (x < low || x > high)) {
      held.ends[i] = [Math.min(low, x), Math.max(high, x)];
      if (i === held.hand) held.curve = null;
      if (held.rows[i]) setEnds(i);
    }
  }
  recompute();
  if (announces) announce();
}

function take(key) {
  const i = lesson.inputs.findIndex((input) => input.key === key);
  if (i < 0) return;
  hold(i);
  held.rows[i].group.open = true;
  writeRows();
  held.rows[i].slider.focus({ preventScroll: true });
}

function hold(i) {
  if (i === held.hand && held.curve) return;
  held.hand = i;
  held.curve = null;
  for (const [k, row] of held.rows.entries()) row.name.setAttribute("aria-pressed", k === i);
  drawPlot();
}

// -- rows

function made(name, attributes, parent, text = "") {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

// The size of a step of a slider: about two hundred between its ends, and 1, 2 or 5 of a power of ten.
function stepOf([low, high]) {
  const rough = (high - low) / 200;
  const power = 10 ** Math.floor(Math.log10(rough));
  return Number((power * [1, 2, 5, 10].find((k) => k * power >= rough * 0.999)).toPrecision(1));
}

function setEnds(i) {
  const { slider } = held.rows[i];
  const [low, high] = held.ends[i];
  Object.assign(slider, { min: low, max: high, step: stepOf([low, high]) });
}

function makeRow(i, group, parent) {
  const input = lesson.inputs[i];
  const row = made("div", { class: "row" }, parent);
  const name = made("button", { type: "button", class: "name", title: `The result along ${input.name}` }, row, input.name);
  const slider = made("input", { type: "range", "aria-label": input.name }, row);
  const field = made("input", { type: "number", step: "any", "aria-label": `${input.name}, exactly` }, row);
  const gradient = made("output", { class: "gradient" }, row);
  held.rows[i] = { name, slider, field, gradient, group, said: "" };
  name.setAttribute("aria-pressed", i === held.hand);
  setEnds(i);
  name.addEventListener("click", () => hold(i));
  slider.addEventListener("focus", () => hold(i));
  field.addEventListener("focus", () => hold(i));
  slider.addEventListener("input", () => { hold(i); setInputs([[i, Number(slider.value)]], true); });
  field.addEventListener("input", () => {
    if (field.value !== "" && Number.isFinite(field.valueAsNumber)) setInputs([[i, field.valueAsNumber]], true);
  });
  field.addEventListener("blur", () => writeRow(i));
  writeRow(i);
}

function writeRow(i) {
  const row = held.rows[i];
  const x = held.values[i];
  if (Number(row.slider.value) !== x) row.slider.value = x;
  if (document.activeElement !== row.field) {
    const text = Number.isFinite(x) ? String(x) : "";
    if (row.field.value !== text) row.field.value = text;
    row.field.placeholder = text ? "" : numeral(x, lesson.precision);
  }
  const said = `grad ${numeral(slopeOf(i), lesson.precision)}`;
  if (row.said !== said) row.gradient.textContent = row.said = said;
}

// Arguments first; parameters below, a group for each module around them, whose rows are made when it is opened.
function makeRows() {
  const groups = new Map();
  lesson.inputs.forEach((input, i) => {
    const path = input.is_parameter ? outermost(input.module) : "";
    if (!groups.has(path)) groups.set(path, []);
    groups.get(path).push(i);
  });
  for (const [path, members] of groups) {
    const isOpen = path === "" ? members.length <= 12 : lesson.inputs.length <= 12;
    const words = path === "" ? "inputs" : "parameters";
    const group = made("details", {}, panel.rows);
    made("summary", {}, group, `${path ? `${path}: ` : ""}${members.length} ${words}`);
    const body = made("div", {}, group);
    if (path === "" && isOpen) group.classList.add("plain");
    for (const i of members) makeRow(i, group, body);
    group.open = isOpen;
    group.addEventListener("toggle", writeRows);
  }
}

function outermost(module) {
  return lesson.modules.filter((path) => module === path || isInside(module, path))
    .sort((a, b) => a.length - b.length)[0] ?? (module || "parameters");
}

// -- the result along one input, and its tangent

const box = { left: 46, right: 332, top: 24, bottom: 164 };
const points = 161;

function curveOf(i) {
  const [low, high] = held.ends[i];
  const values = held.values.slice();
  return Array.from({ length: points }, (_, k) => {
    values[i] = low + ((high - low) * k) / (points - 1);
    return [values[i], computeResult(values)[0][0]];
  });
}

// Whether the result jumps between two points of the curve: what is left of the difference is still there in an interval
// a million times as short.
function jumps(i, before, after) {
  const size = Math.abs(after[1] - before[1]);
  if (size < 0.1 * (held.range[1] - held.range[0])) return false;
  const values = held.values.slice();
  let [a, b] = [before, after];
  for (let k = 0; k < 20; k += 1) {
    values[i] = (a[0] + b[0]) / 2;
    const middle = [values[i], computeResult(values)[0][0]];
    if (!Number.isFinite(middle[1])) return true;
    if (Math.abs(middle[1] - a[1]) > Math.abs(b[1] - middle[1])) b = middle;
    else a = middle;
  }
  return Math.abs(b[1] - a[1]) > 0.5 * size;
}

// From where to where the second axis goes: all points, without the far ones of a pole.
function range(ys) {
  const finite = ys.filter(Number.isFinite).sort((a, b) => a - b);
  if (!finite.length) return [-1, 1];
  const quantile = (q) => finite[Math.round(q * (finite.length - 1))];
  let [low, high] = [finite[0], finite.at(-1)];
  const inner = quantile(0.9) - quantile(0.1);
  if (inner > 0 && high - low > 20 * inner) [low, high] = [quantile(0.1) - inner, quantile(0.9) + inner];
  if (high - low < 1e-12 * Math.max(1, Math.abs(low))) {
    const around = Math.max(1, Math.abs(low)) / 2;
    return [low - around, high + around];
  }
  return [low - 0.06 * (high - low), high + 0.06 * (high - low)];
}

// Round numbers, about so many.
function ticks([low, high], count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) found.push(Number((k * step).toPrecision(12)));
  return found;
}

function drawPlot() {
  const i = held.hand;
  if (!held.curve) {
    held.curve = curveOf(i);
    held.range = range(held.curve.map(([, y]) => y));
    drawCurve(i);
  }
  drawTangent(i);
}

const across = (x) => {
  const [low, high] = held.ends[held.hand];
  return box.left + ((box.right - box.left) * (x - low)) / (high - low);
};
const upwards = (y) => {
  const [low, high] = held.range;
  const place = box.bottom - ((box.bottom - box.top) * (y - low)) / (high - low);
  return Math.max(-4000, Math.min(4000, place));
};

function drawCurve(i) {
  panel.plot.replaceChildren();
  const clip = element("clipPath", { id: "inside" }, panel.plot);
  const size = { width: box.right - box.left, height: box.bottom - box.top };
  element("rect", { x: box.left, y: box.top, ...size }, clip);
  for (const x of ticks(held.ends[i], 6)) {
    element("line", { x1: across(x), x2: across(x), y1: box.top, y2: box.bottom, class: "grid" }, panel.plot);
    element("text", { x: across(x), y: box.bottom + 14, class: "tick" }, panel.plot, numeral(x, 3));
  }
  for (const y of ticks(held.range, 5)) {
    element("line", { x1: box.left, x2: box.right, y1: upwards(y), y2: upwards(y), class: "grid" }, panel.plot);
    element("text", { x: box.left - 5, y: upwards(y) + 4, class: "tick left" }, panel.plot, numeral(y, 3));
  }
  element("rect", { x: box.left, y: box.top, ...size, class: "frame" }, panel.plot);
  const middle = (box.left + box.right) / 2;
  element("text", { x: middle, y: box.bottom + 31, class: "axis" }, panel.plot, lesson.inputs[i].name);
  element("text", { x: box.left, y: box.top - 8, class: "axis left" }, panel.plot, lesson.result);
  const strokes = held.curve.map(([x, y], k) => {
    if (!Number.isFinite(y)) return "";
    const isOn = k > 0 && Number.isFinite(held.curve[k - 1][1]) && !jumps(i, held.curve[k - 1], [x, y]);
    return `${isOn ? "L" : "M"}${across(x).toFixed(2)},${upwards(y).toFixed(2)}`;
  });
  const inside = element("g", { "clip-path": "url(#inside)" }, panel.plot);
  element("path", { d: strokes.join(""), class: "graph" }, inside);
  held.tangent = element("line", { class: "tangent" }, inside);
  held.point = element("circle", { r: 5, class: "point" }, inside);
}

function drawTangent(i) {
  const [x, slope] = [held.values[i], slopeOf(i)];
  const y = state.numbers[lesson.nodes.at(-1).value];
  const isShown = Number.isFinite(x) && Number.isFinite(y);
  const [low, high] = held.ends[i];
  held.point.setAttribute("visibility", isShown ? "visible" : "hidden");
  held.tangent.setAttribute("visibility", isShown && Number.isFinite(slope) ? "visible" : "hidden");
  if (isShown) {
    held.point.setAttribute("cx", across(x));
    held.point.setAttribute("cy", upwards(y));
  }
  if (isShown && Number.isFinite(slope)) {
    // Of a steep one only the part in view: lines that go far out lose their digits.
    const reach = Math.min(high - low, Math.abs((held.range[1] - held.range[0]) / slope) * 2);
    const ends = [x - reach, x + reach];
    Object.entries({ x1: across(ends[0]), y1: upwards(y + slope * (ends[0] - x)), x2: across(ends[1]),
      y2: upwards(y + slope * (ends[1] - x)) }).forEach(([key, value]) => held.tangent.setAttribute(key, value));
  }
  const name = lesson.inputs[i].name;
  const [shownX, shownY, shownSlope] = [x, y, slope].map((number) => numeral(number, lesson.precision));
  panel.slope.textContent = `${lesson.result} = ${shownY} at ${name} = ${shownX}, slope ∂${lesson.result}/∂${name} = ${shownSlope}`;
  panel.plot.setAttribute("aria-label", `${lesson.result} along ${name}: ${panel.slope.textContent}`);
}

// The point follows a pointer that is down on the plot.
function dragged(event) {
  const area = panel.plot.getBoundingClientRect();
  const x = ((event.clientX - area.left) / area.width) * 340;
  const [low, high] = held.ends[held.hand];
  const wanted = low + ((high - low) * (x - box.left)) / (box.right - box.left);
  const step = stepOf([low, high]);
  const snapped = Number((low + Math.round((wanted - low) / step) * step).toPrecision(12));
  setInputs([[held.hand, Math.max(low, Math.min(high, snapped))]], true);
}

// -- the program around the page: a notebook, which has set some inputs or wants to know them

function announce() {
  if (window.parent === window) return;
  const values = Object.fromEntries(lesson.inputs.map((input, i) => {
    const x = held.values[i];
    return [input.name, Number.isFinite(x) ? x : String(x)];
  }));
  window.parent.postMessage({ explorer: "values", values }, "*");
}

function hear(event) {
  if (event.source !== window.parent || event.data?.explorer !== "values") return;
  const changes = lesson.inputs.flatMap((input, i) => {
    const x = event.data.values[input.name];
    return x === undefined || Object.is(Number(x), held.values[i]) ? [] : [[i, Number(x)]];
  });
  if (changes.length) setInputs(changes, false);
}

if (isLive) {
  panel.inputs.hidden = false;
  makeRows();
  made("button", { type: "button", id: "reset" }, panel.rows, "Start values");
  document.getElementById("reset").addEventListener("click", () => setInputs([...start.entries()], true));
  panel.plot.addEventListener("pointerdown", (event) => {
    panel.plot.setPointerCapture(event.pointerId);
    dragged(event);
  });
  panel.plot.addEventListener("pointermove", (event) => { if (event.buttons & 1) dragged(event); });
  window.addEventListener("message", hear);
  recompute();
  if (window.parent !== window) window.parent.postMessage({ explorer: "ready" }, "*");
}
