"use strict";
// A computation, step by step: forwards the values, backwards the gradients, and what a reader does.

// -- the state of a step

function reached(node, phase) {
  return state.at >= (at[phase].get(node.key) ?? (phase === "forward" ? 0 : Infinity));
}

// The numbers of a box, as far as they are known in this step.
function write(box) {
  if (!box.shown) return;
  const known = reached(box.shown, "forward");
  const isNew = say(box, "value", known ? written(box.shown.value) : "?");
  const found = box.shown.gradient !== null && reached(box.shown, "backward");
  if (box.shown.gradient !== null && say(box, "gradient", `grad ${found ? written(box.shown.gradient) : "?"}`)) {
    box.texts.gradient.classList.toggle("unknown", !found);
  } else if (!isNew) {
    return;
  }
  box.element.setAttribute("aria-label", spoken(box));
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
  const value = node.value === null ? "" : `, value ${written(node.value)}`;
  return `${node.name}, ${node.kind} ${node.symbol}${value}${gradient}`;
}

// All numbers in view.
function writeAll() {
  for (const box of boxes.values()) if (inView(box.x, box.y, box.width, box.height)) write(box);
  for (const link of links) {
    if (!link.label || !inView(...link.place, 90, 20)) continue;
    const [user, upstream, local] = link.flow;
    const sender = user >= 0 && lesson.nodes[user].gradient === null ? boxes.get(link.tail).nodes[0] : lesson.nodes[user];
    const isKnown = user < 0 || reached(sender, "backward"); // what a matrix passes on shows with the number it goes to
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
    forward: () => [
      `${node.value === null ? `What ${node.name} holds` : `The value of ${node.name}`}, from its operands:`,
      filled(node.forward), node.name,
    ],
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

// The chain rule of a node in letters and in numbers; letters that repeat the numbers are left out.
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
