"use strict";
// A computation, step by step: forwards the values, backwards the gradients.  The data come as JSON from Python;
// layout.js places the boxes, numbers.js writes numbers.

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
  box.shown = out.length === 1 ? out[0] : null;
  if (box.folded) {
    const count = box.nodes.filter((n) => n.operands.length).length;
    const more = box.shown ? "" : `, ${out.length} outputs`;
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

// -- the state of a step

function reached(node, phase) {
  return state.at >= (at[phase].get(node.key) ?? (phase === "forward" ? 0 : Infinity));
}

// The numbers of a box, as far as they are known in this step.
function write(box) {
  box.element.setAttribute("aria-label", spoken(box));
  if (!box.shown) return;
  const known = reached(box.shown, "forward");
  say(box, "value", known ? written(box.shown.value) : "?");
  if (box.shown.gradient !== null) {
    const found = reached(box.shown, "backward");
    if (say(box, "gradient", `grad ${found ? written(box.shown.gradient) : "?"}`)) {
      box.texts.gradient.classList.toggle("unknown", !found);
    }
  }
}

// Put a text into a box, squeezed where it is longer than the box was made for; whether it is new.
function say(box, kind, text) {
  if (box.said[kind] === text) return false;
  box.said[kind] = text;
  const [line] = box.lines.filter(([, other]) => other === kind);
  box.texts[kind].textContent = text;
  if (text.length > line[0].length) {
    box.texts[kind].setAttribute("textLength", box.width - box.left - 8);
    box.texts[kind].setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else if (box.texts[kind].hasAttribute("textLength")) {
    box.texts[kind].removeAttribute("textLength");
  }
  return true;
}

function spoken(box) {
  if (box.folded) return `${box.title}, folded`;
  const [node] = box.nodes;
  const gradient = node.gradient === null ? "" : `, gradient ${written(node.gradient)}`;
  return `${node.name}, ${node.kind} ${node.symbol}, value ${written(node.value)}${gradient}`;
}

// All numbers in view.
function writeAll() {
  for (const box of boxes.values()) if (inView(box.x, box.y, box.width, box.height)) write(box);
  for (const link of links) {
    if (!link.label || !inView(...link.place, 90, 20)) continue;
    const [user, upstream, local] = link.flow;
    const isKnown = user < 0 || reached(lesson.nodes[user], "backward");
    const up = upstream === null ? 1 : state.numbers[upstream];
    const text = isKnown ? numeral(up * state.numbers[local], lesson.precision) : "";
    if (link.label.textContent !== text) link.label.textContent = text;
  }
}

function show() {
  const step = steps[state.at];
  const node = step.node === undefined ? null : lesson.nodes[step.node];
  const active = node ? boxKey(node) : null;
  const others = new Set();
  if (node) {
    const near = step.phase === "forward" ? node.operands : node.ways.map(([user]) => user).filter((u) => u >= 0);
    for (const key of near) others.add(boxKey(lesson.nodes[key]));
  }
  for (const box of boxes.values()) {
    box.element.classList.toggle("active", box.key === active);
    box.element.classList.toggle("near", box.key !== active && others.has(box.key));
    box.element.setAttribute("tabindex", box.key === (active ?? boxKey(lesson.nodes.at(-1))) ? 0 : -1);
  }
  writeAll();
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
  const folded = node && boxes.get(boxKey(node)).folded ? `, inside ${titleOf(boxKey(node).slice(1))}` : "";
  parts.position.textContent = counts + phase + folded;
  parts.slider.value = state.at;
  parts.slider.setAttribute("aria-valuetext", `${counts}${phase}${node ? `, ${node.name}` : ""}`);
  const [words, lines, left] = {
    start: () => ["The inputs are given. Next computes the first node from its operands.", []],
    end: () => [`Done: the gradient of ${lesson.result} is known in every node.`, []],
    forward: () => [`The value of ${node.name}, from its operands:`, filled(node.forward), node.name],
    backward: () => [backwardWords(node), chainRule(node), `∂${lesson.result}/∂${node.name}`],
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

function filled(templates) {
  return withoutRepeats(templates.map((text) => fill(text, state.numbers, lesson.precision)));
}

// The chain rule of a node in letters and in numbers; letters that say what the numbers say are left out.
function chainRule(node) {
  const numbers = filled(node.numbers);
  return withoutRepeats([...filled(node.letters).filter((text) => text !== numbers[0]), ...numbers]);
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
  if (box.folded) return fold(box.path, false);
  if (box.nodes[0].kind === "input" || box.nodes[0].kind === "parameter") take(box.nodes[0].key);
  const phase = steps[state.at].phase === "backward" ? "backward" : "forward";
  const found = steps.findIndex((step) => step.phase === phase && step.node === box.nodes[0].key);
  if (found >= 0) go(found);
}

function fold(path, on) {
  if (on) state.folded.add(path);
  else state.folded.delete(path);
  keepFew(path);
  compose();
  showFolds();
}

// Fold other modules, large ones first, while there are more boxes than can be seen and laid out.
function keepFew(kept) {
  const count = () => {
    homes = new Map();
    return new Set(lesson.nodes.map(boxKey)).size;
  };
  const open = lesson.modules.filter((path) => !state.folded.has(path) && !isInside(kept, path));
  open.sort((a, b) => sizes.get(b) - sizes.get(a));
  while (open.length && count() > mostBoxes) state.folded.add(open.shift());
}

// How many nodes each module holds.
const sizes = new Map(lesson.modules.map((path) => [path, 0]));
for (const node of lesson.nodes) {
  if (node.module === null) continue;
  for (const path of sizes.keys()) if (isInside(node.module, path)) sizes.set(path, sizes.get(path) + 1);
}
if (lesson.folded.length) {
  for (const path of lesson.modules) {
    const isInCrowd = lesson.modules.some((o) => o !== path && isInside(path, o) && sizes.get(o) > crowded);
    if (isInCrowd || path in lesson.titles) state.folded.add(path);
  }
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

function toggleFlows() {
  state.flows = !state.flows;
  parts.flows.setAttribute("aria-pressed", state.flows);
  compose();
}

// New numbers: everything in view, and the words.
function renew(numbers) {
  state.numbers = numbers;
  writeAll();
  const step = steps[state.at];
  if (step.node !== undefined) tell(step, lesson.nodes[step.node]);
}

const actions = {
  first: () => go(0), back: () => go(state.at - 1), next: () => go(state.at + 1), last: () => go(steps.length - 1),
  turn: () => go(firstBackward), play, flows: toggleFlows,
};
for (const [id, action] of Object.entries(actions)) {
  document.getElementById(id).addEventListener("click", () => {
    if (id !== "play" && id !== "flows") stop();
    action();
  });
}
const keys = { ArrowRight: "next", ArrowLeft: "back", Home: "first", End: "last", b: "turn", p: "play", f: "flows" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.localName === "input") return;
  const onBox = event.target.classList?.contains("box");
  if (onBox && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    select(boxes.get(event.target.dataset.key));
  } else if (onBox && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    moveFocus(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key in keys) {
    event.preventDefault();
    if (event.key !== "p" && event.key !== "f") stop();
    actions[keys[event.key]]();
  }
});
window.addEventListener("resize", () => { fit(); look(); writeAll(); });
stage.addEventListener("scroll", () => { look(); writeAll(); });
parts.slider.max = steps.length - 1;
parts.slider.addEventListener("input", () => { stop(); go(Number(parts.slider.value)); });
for (const path of lesson.modules) {
  const button = document.createElement("button");
  button.type = "button";
  button.value = path;
  button.textContent = titleOf(path);
  button.addEventListener("click", () => fold(path, !state.folded.has(path)));
  parts.folds.append(button);
}
parts.folds.hidden = lesson.modules.length === 0;
parts.flows.setAttribute("aria-pressed", state.flows);
showFolds();
compose();
