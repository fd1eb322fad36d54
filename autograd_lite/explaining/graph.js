"use strict";
// The graph of a computation: its nodes, or the modules that they are folded into, as boxes.  The data come as JSON from
// Python; layout.js places the boxes, numbers.js writes numbers.

const lesson = JSON.parse(document.getElementById("lesson").textContent);
const svgNamespace = "http://www.w3.org/2000/svg";
const graph = document.getElementById("graph");
const stage = document.getElementById("stage");
const ids = ["position", "what", "rule", "play", "slider", "folds", "flows"];
const parts = Object.fromEntries(ids.map((id) => [id, document.getElementById(id)]));
const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");

const steps = [
  { phase: "start" },
  ...lesson.nodes.filter((n) => n.operands.length).map((n) => ({ phase: "forward", node: n.key })),
  ...[...lesson.nodes].reverse().filter((n) => n.gradient !== null).map((n) => ({ phase: "backward", node: n.key })),
  { phase: "end" },
];
// The steps that compute each node.
const at = { forward: new Map(), backward: new Map() };
steps.forEach((step, i) => at[step.phase]?.set(step.node, i));
const firstBackward = steps.findIndex((step) => step.phase === "backward");
const isLive = lesson.inputs.length > 0;
const state = {
  at: isLive ? steps.length - 1 : 0, folded: new Set(lesson.folded), timer: 0,
  flows: isLive && !lesson.folded.length,
  numbers: isLive ? computeNumbers(lesson.inputs.map((input) => Number(input.value)))[0]
    : Float64Array.from(lesson.numbers, Number),
};
const mostBoxes = 500;
const crowded = 100; // nodes in a module from which on the modules in it start folded
const users = new Map(lesson.nodes.map((n) => [n.key, []]));
for (const n of lesson.nodes) for (const operand of n.operands) users.get(operand).push(n.key);

document.querySelector("main").classList.toggle("live", isLive);

// -- what is drawn: nodes, or the modules that they are folded into

function isInside(path, module) {
  return path === module || (path.startsWith(module) && ".[".includes(path[module.length]));
}

// The outermost folded module around each module.
let homes = new Map();

function homeOf(path) {
  if (!homes.has(path)) {
    const around = [...state.folded].filter((module) => isInside(path, module));
    homes.set(path, around.sort((a, b) => a.length - b.length)[0] ?? null);
  }
  return homes.get(path);
}

function boxKey(node) {
  const home = node.module === null ? null : homeOf(node.module);
  return home === null ? `n${node.key}` : `m${home}`;
}

function titleOf(path) {
  return lesson.titles[path] ?? path;
}

function written(place) {
  return numeral(state.numbers[place], lesson.precision);
}

let boxes = new Map();
let links = [];

function compose() {
  boxes = new Map();
  links = [];
  homes = new Map();
  const seen = new Map();
  for (const node of lesson.nodes) {
    const key = boxKey(node);
    if (!boxes.has(key)) boxes.set(key, { key, nodes: [], folded: key.startsWith("m") });
    boxes.get(key).nodes.push(node);
  }
  for (const node of lesson.nodes) {
    for (const operand of node.operands) {
      const tail = boxKey(lesson.nodes[operand]);
      const head = boxKey(node);
      const folded = boxes.get(tail).folded || boxes.get(head).folded;
      const count = seen.get(`${tail}>${head}`) ?? 0;
      if (tail === head || (folded && count)) continue;
      seen.set(`${tail}>${head}`, count + 1);
      links.push({ tail, head, flow: folded ? null : flowOf(operand, node, count) });
    }
  }
  for (const box of boxes.values()) measure(box);
  const ordered = inOrder([...boxes.values()]);
  const size = layOut(ordered, links, { x: state.flows ? 80 : 56, y: 16, margin: 14 });
  draw(size);
}

// What flows back from a node to its operand: the places of upstream and local; of an operand that is used twice, the
// next of both.
function flowOf(operand, node, before) {
  return lesson.nodes[operand].ways.filter(([user]) => user === node.key)[before] ?? null;
}

// Operands before users; folding may bring boxes out of order.
function inOrder(all) {
  const done = new Set();
  const result = [];
  const tails = new Map(all.map((box) => [box.key, []]));
  for (const link of links) tails.get(link.head).push(link.tail);
  const visit = (key) => {
    if (done.has(key)) return;
    done.add(key);
    tails.get(key).forEach(visit);
    result.push(boxes.get(key));
  };
  for (const box of all) visit(box.key);
  const rank = new Map(result.map((box, i) => [box.key, i]));
  links = links.filter((link) => rank.get(link.tail) < rank.get(link.head)); // a loop between folded modules
  return result;
}

const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text, font) {
  ruler.font = font;
  return ruler.measureText(text).width;
}

// What leaves a box: its node, or of a folded module the nodes that something outside of it uses.
function outputs(box) {
  const inside = new Set(box.nodes.map((n) => n.key));
  const leaves = (n) => !users.get(n.key).length || users.get(n.key).some((user) => !inside.has(user));
  return box.folded ? box.nodes.filter((n) => n.operands.length && leaves(n)) : box.nodes;
}

// The lines of a box: title, numbers and notes, and the space that they take.
function measure(box) {
  const [node] = box.nodes;
  const out = outputs(box);
  const notes = [];
  box.shown = out.length === 1 && out[0].value !== null ? out[0] : null; // a matrix has no number of its own
  if (box.folded) {
    const count = box.nodes.filter((n) => n.operands.length).length;
    const more = out.length === 1 ? "" : `, ${out.length} outputs`;
    notes.push(`${count} operation${count === 1 ? "" : "s"}${more}`, "select to unfold");
  }
  box.path = box.folded ? box.key.slice(1) : "";
  box.title = box.folded ? titleOf(box.path) : node.kind === "constant" && !node.named ? "" : node.name;
  box.symbol = box.folded ? "" : node.symbol;
  const gradient = box.shown?.gradient ?? null;
  box.lines = [
    [box.title, "title"], [box.shown ? widest(box.shown.value, box.shown.kind !== "constant") : "", "value"],
    [gradient === null ? "" : `grad ${widest(gradient, true)}`, "gradient"], ...notes.map((note) => [note, "note"]),
  ].filter(([text]) => text);
  const widths = [...box.lines, [gradient === null ? "" : "grad ?", "gradient"]].map(
    ([text, kind]) => widthOf(text, kind === "title" ? "bold 14px sans-serif" : "14px sans-serif"),
  );
  box.left = box.symbol ? Math.max(26, widthOf(box.symbol, "17px sans-serif") + 14) : 0;
  box.width = Math.max(...widths) + 20 + box.left;
  box.height = 12 + 19 * box.lines.length;
}

// A number as wide as those that may come in its place; a constant stays as it is.
function widest(place, moves) {
  const text = written(place);
  const usual = `${minus}0.${"8".repeat(lesson.precision)}`;
  return isLive && moves && text.length < usual.length ? usual : text;
}

function element(name, attributes, parent, text) {
  const made = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

let widthOfGraph = 0;

// A graph that does not fit beside the words gets the whole width; none is shrunk until its text can't be read.
function fit() {
  const beside = document.documentElement.clientWidth - (isLive ? 510 : 440);
  document.querySelector("main").classList.toggle("wide", widthOfGraph * 0.85 > beside);
}

function draw(size) {
  graph.replaceChildren();
  graph.classList.remove("tracing");
  graph.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  widthOfGraph = size.width;
  fit();
  graph.style.width = `min(100%, ${size.width * 1.15}px)`;
  graph.style.minWidth = `${size.width * 0.85}px`;
  const defs = element("defs", {}, graph);
  for (const kind of ["plain", "active"]) {
    const marker = element("marker", {
      id: `arrow-${kind}`, viewBox: "0 0 10 8", refX: 9, refY: 4, markerWidth: 10, markerHeight: 8,
      markerUnits: "userSpaceOnUse", orient: "auto",
    }, defs);
    element("path", { d: "M0,0 L10,4 L0,8 z", class: `head ${kind}` }, marker);
  }
  for (const link of links) link.path = element("path", { d: bent(link.points), class: "link" }, graph);
  for (const box of boxes.values()) drawBox(box);
  for (const link of links) if (state.flows && link.flow) drawFlow(link);
  look();
  show();
}

// In the middle of the last part of the arrow, which it has for itself.
function drawFlow(link) {
  const [[x0, y0], [x1, y1]] = link.points.slice(-2);
  // Nearer to the end where fewer arrows meet: there they are further apart.
  const t = link.stops.length || link.from.users.length === link.to.operands.length ? 0.5
    : link.from.users.length > link.to.operands.length ? 0.66 : 0.34;
  const along = t + (t * (1 - t) * (1 - 2 * t)) / 2;
  const up = t * t * (3 - 2 * t);
  link.place = [x0 + (x1 - x0) * along, y0 + (y1 - y0) * up - (Math.abs(y1 - y0) < 6 ? 6 : 2)];
  link.label = element("text", { x: link.place[0], y: link.place[1], class: "flow gradient" }, graph);
}

// The part of the graph that is in view, in its own units: what is out of sight is written when it comes into sight.
let view = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };

function look() {
  const scale = graph.viewBox.baseVal.width / (graph.clientWidth || graph.getBoundingClientRect().width || 1);
  const [left, top] = [stage.scrollLeft * scale, stage.scrollTop * scale];
  const margin = 60;
  view = {
    left: left - margin, right: left + stage.clientWidth * scale + margin,
    top: top - margin, bottom: top + stage.clientHeight * scale + margin,
  };
}

function inView(x, y, width = 0, height = 0) {
  return x + width / 2 > view.left && x - width / 2 < view.right
    && y + height / 2 > view.top && y - height / 2 < view.bottom;
}

function bent(points) {
  let d = `M${points[0]}`;
  for (let i = 1; i < points.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const bend = (x1 - x0) / 2;
    d += ` C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`;
  }
  return d;
}

function drawBox(box) {
  const kind = box.folded ? "group" : box.nodes[0].kind;
  const group = element("g", { class: `box ${kind}`, tabindex: -1, role: "button" }, graph);
  group.dataset.key = box.key;
  const [x, y] = [box.x - box.width / 2, box.y - box.height / 2];
  element("rect", { x, y, width: box.width, height: box.height, rx: 9 }, group);
  if (box.symbol) {
    element("line", { x1: x + box.left, x2: x + box.left, y1: y + 6, y2: y + box.height - 6, class: "rule" }, group);
    element("text", { x: x + box.left / 2, y: box.y + 6, class: "symbol" }, group, box.symbol);
  }
  const middle = x + box.left + (box.width - box.left) / 2;
  box.texts = Object.fromEntries(box.lines.map(
    ([text, kind], i) => [kind, element("text", { x: middle, y: y + 21 + 19 * i, class: kind }, group, text)],
  ));
  box.element = group;
  box.said = {};
  group.setAttribute("aria-label", spoken(box));
  const trace = (key) => boxes.get(box.key) === box && highlight(key); // not while the graph is composed anew
  group.addEventListener("pointerenter", () => trace(box.key));
  group.addEventListener("pointerleave", () => trace(null));
  group.addEventListener("focus", () => { write(box); trace(box.key); });
  group.addEventListener("blur", () => trace(null));
  group.addEventListener("click", () => select(box));
}
