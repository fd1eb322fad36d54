// What is behind the page: its programs, the model as a file, and the graph of one sample.

class Inside {
  constructor(page) {
    this.page = page;
    fillSelect(byId("program"), programNames(), (name) => name);
    byId("program").addEventListener("change", () => this.showSource());
    byId("show-code").addEventListener("click", () => this.toggle("code"));
    byId("show-graph").addEventListener("click", () => this.toggle("graph"));
    this.chosen = 0;
    byId("sample").addEventListener("change", () => this.choose(page.session.points[Number(byId("sample").value) - 1]));
    byId("graph-frame").addEventListener("load", () => this.watch());
    byId("export").addEventListener("click", () => this.exportModel());
    byId("import").addEventListener("click", () => byId("file").click());
    byId("file").addEventListener("change", () => this.importModel());
  }

  toggle(which) {
    const card = byId(`${which}-card`);
    card.hidden = !card.hidden;
    byId(`show-${which}`).setAttribute("aria-expanded", !card.hidden);
    if (card.hidden) return;
    if (which === "graph") this.page.pause();
    this.refresh();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }

  // As units unfold in it.
  watch() {
    const inner = byId("graph-frame").contentDocument?.body;
    if (inner) new ResizeObserver(() => this.fit()).observe(inner);
  }

  // As high as its content.
  fit() {
    const frame = byId("graph-frame");
    const inner = frame.contentDocument?.documentElement;
    if (inner) frame.style.height = `${Math.min(Math.max(inner.scrollHeight, 420), 1100)}px`;
  }

  // Training goes on: the graph was that of the network as it was.
  close() {
    if (byId("graph-card").hidden) return;
    byId("graph-card").hidden = true;
    byId("show-graph").setAttribute("aria-expanded", "false");
    this.page.repaint();
  }

  refresh() {
    if (!byId("code-card").hidden) this.showSource();
    if (!byId("graph-card").hidden) this.showGraph();
  }

  // The point whose graph is shown, while it is.
  get sample() {
    return byId("graph-card").hidden ? null : this.page.session.points[this.chosen] ?? null;
  }

  choose(point) {
    this.chosen = this.page.session.points.indexOf(point);
    if (!byId("graph-card").hidden) this.showGraph();
  }

  showGraph() {
    const { session, network } = this.page;
    const { points, settings } = session;
    const frame = byId("graph-frame");
    this.chosen = Math.max(0, Math.min(points.length - 1, this.chosen));
    byId("sample").max = points.length;
    byId("sample").value = this.chosen + 1;
    const point = points[this.chosen];
    byId("sample-words").textContent = point ? pointWords(point, points.length, session) : "There are no points.";
    frame.hidden = !point;
    if (!point) return;
    frame.srcdoc = steppingPage(new SampleGraph(network, settings.features, point, settings.loss).lesson);
    this.page.repaint();
  }

  showSource() {
    byId("code").textContent = sourceOf(byId("program").value);
  }

  text() {
    return JSON.stringify(modelDocument(this.page.network, this.page.session.settings));
  }

  exportModel() {
    const link = document.createElement("a");
    link.download = "model.json";
    link.href = URL.createObjectURL(new Blob([this.text()], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async importModel() {
    const [file] = byId("file").files;
    if (file) this.load(await file.text());
    byId("file").value = "";
  }

  load(text) {
    try {
      this.page.session.load(text);
      this.page.message = "The model was imported.";
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      this.page.message = error.message;
    }
    this.page.playing = false;
    this.page.shown = 0;
    this.page.refresh();
  }
}

function pointWords(point, count, session) {
  const [x1, x2] = point.x.map(shortNumber);
  const y = session.regression ? `value ${shortNumber(point.y)}` : `class ${session.names[point.y > 0 ? 1 : 0]}`;
  return `of ${count}: x₁ = ${x1}, x₂ = ${x2}, ${y}${point.test ? ", of the test" : ""}`;
}

// The programs as Python wrote them into the page: names and sources by turns.
function programTexts() {
  return byId("programs").textContent.split(/^\/\/ program ?(.*)$/m).slice(1, -2);
}

function programNames() {
  return programTexts().filter((_, i) => i % 2 === 0);
}

function sourceOf(name) {
  const texts = programTexts();
  return texts[texts.indexOf(name) + 1]?.trim() ?? "";
}
