// What is behind the page: its programs, the model as a file, and the graph of one sample.

class Inside {
  constructor(page) {
    this.page = page;
    fill(byId("program"), Object.keys(programs), (name) => name);
    byId("program").addEventListener("change", () => this.showSource());
    byId("show-code").addEventListener("click", () => this.toggle("code"));
    byId("show-graph").addEventListener("click", () => this.toggle("graph"));
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
    card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  // Training goes on: the graph was that of the network as it was.
  close() {
    if (byId("graph-card").hidden) return;
    byId("graph-card").hidden = true;
    byId("show-graph").setAttribute("aria-expanded", "false");
  }

  refresh() {
    if (!byId("code-card").hidden) this.showSource();
  }

  paint() {}

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

// The text of a program, as Python wrote it into the page.
function sourceOf(name) {
  const parts = byId("programs").textContent.split(/^\/\/ program (.+)$/m);
  return parts[parts.indexOf(name) + 1]?.trim() ?? "";
}
