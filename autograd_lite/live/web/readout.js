// The words and numbers of the page while it trains: counts, losses, captions, and why it has stopped.

const NO_POINTS = "There are no points to train on: click in the plane to add some.";

class Readout {
  constructor(page) {
    this.page = page;
  }

  show() {
    const { session, run, playing, planes } = this.page;
    const { train, test } = run.last;
    byId("count-epoch").textContent = run.epochs.toLocaleString("en");
    byId("count-step").textContent = run.steps.toLocaleString("en");
    byId("loss-train").textContent = session.data.train.n ? shortNumber(train) : "no points";
    byId("loss-test").textContent = session.data.test.n ? shortNumber(test) : "no points";
    session.runs.forEach((each, i) => {
      byId(`caption-${"ab"[i]}`).textContent = this.caption(each, i);
      if (!playing) planes[i].canvas.setAttribute("aria-label", this.spoken(each));
    });
    this.say(session.broken ?? (session.data.train.n ? this.page.message ?? "" : NO_POINTS));
    this.showPlaying();
  }

  showPlaying() {
    const { playing } = this.page;
    const button = byId("play");
    if (button.dataset.playing === String(playing)) return;
    button.dataset.playing = playing;
    const sign = Object.assign(document.createElement("span"), { textContent: playing ? "❚❚" : "▶" });
    sign.setAttribute("aria-hidden", "true");
    button.replaceChildren(sign, playing ? " Pause" : " Play");
  }

  caption(run, i) {
    const { hovered, network, session } = this.page;
    if (hovered && run === this.page.run) {
      const [c, j] = hovered;
      if (!c) return `shown: input ${featureName(j)}`;
      return `shown: ${c === network.layers.length ? "the output" : `unit ${j + 1} of layer ${c}`}`;
    }
    const { kind, rate } = run.optimiser;
    return session.settings.both ? `${"AB"[i]}: ${kind}, rate ${rate}` : "";
  }

  spoken(run) {
    const { train, test } = run.last;
    const { points } = this.page.session;
    return `The plane with ${points.length} points and the boundary of the network; training loss ${shortNumber(train)}, `
      + `test loss ${shortNumber(test)}. Arrows move a cursor, Enter adds a point, Delete removes one.`;
  }

  say(text) {
    const status = byId("status");
    if (status.textContent !== text) status.textContent = text;
    status.hidden = !text;
    status.classList.toggle("broken", Boolean(this.page.session.broken));
  }
}
