"use strict";
// A computation, step by step: forwards the values, backwards the gradients.  The data come as JSON from Python;
// layout.js places the boxes.

const lesson = JSON.parse(document.getElementById("lesson").textContent);
const svgNamespace = "http://www.w3.org/2000/svg";
const graph = document.getElementById("graph");
const ids = ["position", "what", "rule", "play", "slider", "folds"];
const parts = Object.fromEntries(ids.map((id) => [id, document.getElementById(id)]));
const stillness = window.matchMedia("(prefers-reduced-motion: reduce)");

const steps = [
  { phase: "start" },
  ...lesson.nodes.filter((n) => n.operands.length).map((n) => ({ phase: "forward", node: n.key })),
  ...[...lesson.nodes].reverse().filter((n) => n.gradient !== null).map((n) => ({ phase: "backward", node: n.key })),
  { phase: "end" },
];
const firstBackward = steps.findIndex((step) => step.phase === "backward");
const state = { at: 0, folded: new Set(lesson.folded), timer: 0 };
const users = new Map(lesson.nodes.map((n) => [n.key, []]));
for (const n of lesson.nodes) for (const operand of n.operands) users.get(operand).push(n.key);

// -- what is drawn: nodes, or the modules that they are folded into

function isInside(path, module) {
  return path === module || (path.startsWith(module) && ".[".includes(path[module.length]));
}

function boxKey(node) {
  const around = [...state.folded].filter((module) => node.module !== null && isInside(node.module, module));
  return around.length ? `m${around.sort((a, b) => a.length - b.length)[0]}` : `n${node.key}`;
}

let boxes = new Map();
let links = [];

function compose() {
  boxes = new Map();
  links = [];
  const seen = new Set();
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
      if (tail === head || (folded && seen.has(`${tail}>${head}`))) continue;
      seen.add(`${tail}>${head}`);
      links.push({ tail, head });
    }
  }
  for (const box of boxes.values()) measure(box);
  const ordered = inOrder([...boxes.values()]);
  const size = layOut(ordered, links, { x: 56, y: 16, margin: 14 });
  draw(size);
}

// Operands before users; folding may bring boxes out of order.
function inOrder(all) {
  const done = new Set();
  const result = [];
  const visit = (key) => {
    if (done.has(key)) return;
    done.add(key);
    for (const link of links) if (link.head === key) visit(link.tail);
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
  box.shown = out.length === 1 ? out[0] : null;
  if (box.folded) {
    const count = box.nodes.filter((n) => n.operands.length).length;
    const more = box.shown ? "" : `, ${out.length} outputs`;
    notes.push(`${count} operation${count === 1 ? "" : "s"}${more}`, "select to unfold");
  }
  box.title = box.folded ? box.key.slice(1) : node.kind === "constant" && !node.named ? "" : node.name;
  box.symbol = box.folded ? "" : node.symbol;
  const gradient = box.shown?.gradient ?? "";
  box.lines = [
    [box.title, "title"], [box.shown?.value, "value"], [gradient && `grad ${gradient}`, "gradient"],
    ...notes.map((note) => [note, "note"]),
  ].filter(([text]) => text);
  const widths = [...box.lines, [gradient && "grad ?", "gradient"]].map(
    ([text, kind]) => widthOf(text, kind === "title" ? "bold 14px sans-serif" : "14px sans-serif"),
  );
  box.left = box.symbol ? Math.max(26, widthOf(box.symbol, "17px sans-serif") + 14) : 0;
  box.width = Math.max(...widths) + 20 + box.left;
  box.height = 12 + 19 * box.lines.length;
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
  const beside = document.documentElement.clientWidth - 440;
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
  for (const link of links) link.path = element("path", { d: curve(link.points), class: "link" }, graph);
  for (const box of boxes.values()) drawBox(box);
  show();
}

function curve(points) {
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
  const label = box.folded ? `${box.title}, folded` : box.nodes[0].spoken;
  const group = element("g", { class: `box ${kind}`, tabindex: -1, role: "button", "aria-label": label }, graph);
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
  const trace = (key) => boxes.get(box.key) === box && highlight(key); // not while the graph is composed anew
  group.addEventListener("pointerenter", () => trace(box.key));
  group.addEventListener("pointerleave", () => trace(null));
  group.addEventListener("focus", () => trace(box.key));
  group.addEventListener("blur", () => trace(null));
  group.addEventListener("click", () => select(box));
}

// -- the state of a step

function reached(node, phase) {
  const done = steps.slice(0, state.at + 1).some((step) => step.phase === phase && step.node === node.key);
  return done || (phase === "forward" && !node.operands.length);
}

function show() {
  const step = steps[state.at];
  const node = step.node === undefined ? null : lesson.nodes[step.node];
  const active = node ? boxKey(node) : null;
  const others = new Set();
  if (node) {
    const near = step.phase === "forward" ? node.operands : node.ways.map((way) => way.user).filter((u) => u >= 0);
    for (const key of near) others.add(boxKey(lesson.nodes[key]));
  }
  for (const box of boxes.values()) {
    box.element.classList.toggle("active", box.key === active);
    box.element.classList.toggle("near", box.key !== active && others.has(box.key));
    box.element.setAttribute("tabindex", box.key === (active ?? boxKey(lesson.nodes.at(-1))) ? 0 : -1);
    if (!box.shown) continue;
    const { value, gradient } = box.texts;
    value.textContent = reached(box.shown, "forward") ? box.shown.value : "?";
    if (gradient) {
      const known = reached(box.shown, "backward");
      gradient.textContent = known ? `grad ${box.shown.gradient}` : "grad ?";
      gradient.classList.toggle("unknown", !known);
    }
  }
  for (const link of links) {
    const forward = step.phase === "forward" && link.head === active && others.has(link.tail);
    const backward = step.phase === "backward" && link.tail === active && others.has(link.head);
    link.path.classList.toggle("active", forward || backward);
    link.path.setAttribute("marker-end", `url(#arrow-${forward || backward ? "active" : "plain"})`);
  }
  if (active) boxes.get(active).element.scrollIntoView(scrolling());
  tell(step, node);
}

function scrolling() {
  return { block: "nearest", inline: "center", behavior: stillness.matches ? "auto" : "smooth" };
}

function tell(step, node) {
  const counts = `Step ${state.at} of ${steps.length - 1}`;
  const phase = { start: "", forward: ": forward", backward: ": backward", end: "" }[step.phase];
  const folded = node && boxes.get(boxKey(node)).folded ? `, inside ${boxKey(node).slice(1)}` : "";
  parts.position.textContent = counts + phase + folded;
  parts.slider.value = state.at;
  parts.slider.setAttribute("aria-valuetext", `${counts}${phase}${node ? `, ${node.name}` : ""}`);
  const [words, lines, left] = {
    start: () => ["The inputs are given. Next computes the first node from its operands.", []],
    end: () => [`Done: the gradient of ${lesson.result} is known in every node.`, []],
    forward: () => [`The value of ${node.name}, from its operands:`, node.forward, node.name],
    backward: () => [backwardWords(node), node.backward, `∂${lesson.result}/∂${node.name}`],
  }[step.phase]();
  parts.what.textContent = words;
  parts.rule.replaceChildren(...lines.flatMap((text, i) => {
    const [name, rest] = [document.createElement("span"), document.createElement("span")];
    name.className = "left";
    name.textContent = i ? "" : left;
    rest.textContent = ` = ${text}`;
    if (i === lines.length - 1) rest.className = step.phase === "forward" ? "result value" : "result gradient";
    return [name, rest];
  }));
}

function backwardWords(node) {
  if (!node.ways.length) return "The result changes with itself at rate 1:";
  if (node.ways.length === 1) {
    return `${node.name} is used once: its gradient is that of its user times the local partial.`;
  }
  return `${node.name} is used ${node.ways.length} times: the gradients of all ways are added.`;
}

// All ways from a box to the result.
function highlight(key) {
  const onWay = new Set(key === null ? [] : [key]);
  if (key !== null) {
    const order = [...links].sort((a, b) => boxes.get(a.tail).column - boxes.get(b.tail).column);
    for (const link of order) if (onWay.has(link.tail)) onWay.add(link.head);
  }
  graph.classList.toggle("tracing", key !== null);
  for (const box of boxes.values()) box.element.classList.toggle("way", onWay.has(box.key));
  for (const link of links) link.path.classList.toggle("way", onWay.has(link.tail) && onWay.has(link.head));
}

// -- what a reader does

function go(to) {
  state.at = Math.max(0, Math.min(steps.length - 1, to));
  show();
}

function stop() {
  clearInterval(state.timer);
  state.timer = 0;
  parts.play.textContent = "Play";
}

function play() {
  if (state.timer) return stop();
  if (state.at === steps.length - 1) state.at = 0;
  parts.play.textContent = "Pause";
  state.timer = setInterval(() => {
    go(state.at + 1);
    if (state.at === steps.length - 1) stop();
  }, stillness.matches ? 2500 : 1200);
}

// A click on a folded module unfolds it; on a node, it goes to the step of the node in this phase.
function select(box) {
  if (box.folded) return fold(box.title, false);
  const phase = steps[state.at].phase === "backward" ? "backward" : "forward";
  const found = steps.findIndex((step) => step.phase === phase && step.node === box.nodes[0].key);
  if (found >= 0) go(found);
}

function fold(path, on) {
  if (on) state.folded.add(path);
  else state.folded.delete(path);
  compose();
  showFolds();
}

// A button for every module that is not hidden in a folded one.
function showFolds() {
  for (const button of parts.folds.querySelectorAll("button")) {
    const outer = [...state.folded].some((m) => m !== button.value && isInside(button.value, m));
    button.hidden = outer;
    button.setAttribute("aria-pressed", state.folded.has(button.value));
  }
}

function moveFocus(direction) {
  const focused = boxes.get(document.activeElement.dataset.key);
  const found = links.find((link) => (direction > 0 ? link.tail : link.head) === focused.key);
  if (found) boxes.get(direction > 0 ? found.head : found.tail).element.focus();
}

const actions = {
  first: () => go(0), back: () => go(state.at - 1), next: () => go(state.at + 1), last: () => go(steps.length - 1),
  turn: () => go(firstBackward), play,
};
for (const [id, action] of Object.entries(actions)) {
  document.getElementById(id).addEventListener("click", () => {
    if (id !== "play") stop();
    action();
  });
}
const keys = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last", b: "turn", p: "play" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target === parts.slider) return;
  const onBox = event.target.classList?.contains("box");
  if (onBox && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    select(boxes.get(event.target.dataset.key));
  } else if (onBox && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    moveFocus(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key in keys) {
    event.preventDefault();
    if (keys[event.key] !== "play") stop();
    actions[keys[event.key]]();
  }
});
window.addEventListener("resize", fit);
parts.slider.max = steps.length - 1;
parts.slider.addEventListener("input", () => { stop(); go(Number(parts.slider.value)); });
for (const path of lesson.modules) {
  const button = document.createElement("button");
  button.type = "button";
  button.value = path;
  button.textContent = path;
  button.addEventListener("click", () => fold(path, !state.folded.has(path)));
  parts.folds.append(button);
}
parts.folds.hidden = lesson.modules.length === 0;
showFolds();
compose();
