// The losses of training and test over the epochs, on axes with names; of a second optimiser, in thinner lines.

const FRAME = { left: 44, right: 10, top: 10, bottom: 32 };

class Curve {
  constructor(canvas) {
    this.canvas = canvas;
  }

  measure() {
    this.size = [this.canvas.clientWidth, this.canvas.clientHeight];
  }

  draw(runs, palette) {
    const [width, height] = this.size;
    if (width < 60) return;
    const context = fitted(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    const moments = runs.flatMap((run) => run.curve);
    const epochs = Math.max(1, ...moments.map((m) => m.epoch));
    const top = highest(moments);
    const x = (epoch) => FRAME.left + (epoch / epochs) * (width - FRAME.left - FRAME.right);
    const y = (loss) => height - FRAME.bottom - (Math.min(loss, top) / top) * (height - FRAME.top - FRAME.bottom);
    this.drawAxes(context, palette, { width, height, x, y, epochs, top });
    runs.forEach((run, i) => {
      for (const kind of ["test", "train"]) {
        context.strokeStyle = kind === "train" ? palette.ink : palette.faint;
        context.lineWidth = i ? 1.2 : 2;
        context.setLineDash(kind === "test" ? [5, 3] : []);
        this.drawLine(context, run.curve, kind, x, y);
      }
      context.setLineDash([]);
      const last = run.curve.at(-1);
      if (runs.length > 1 && last && Number.isFinite(last.train)) {
        context.fillStyle = palette.ink;
        context.textAlign = "right";
        context.textBaseline = "bottom";
        context.fillText(i ? "B" : "A", x(last.epoch), y(last.train) - 2);
      }
    });
  }

  drawLine(context, curve, kind, x, y) {
    context.beginPath();
    let drawing = false;
    for (const moment of curve) {
      const loss = moment[kind];
      if (!Number.isFinite(loss)) {
        drawing = false;
        continue;
      }
      context[drawing ? "lineTo" : "moveTo"](x(moment.epoch), y(loss));
      drawing = true;
    }
    context.stroke();
  }

  drawAxes(context, palette, { width, height, x, y, epochs, top }) {
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = palette.faint;
    context.strokeStyle = palette.rule;
    context.lineWidth = 1;
    for (const loss of ticks(0, top, 3)) {
      context.beginPath();
      context.moveTo(FRAME.left, y(loss));
      context.lineTo(width - FRAME.right, y(loss));
      context.stroke();
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(shortNumber(loss), FRAME.left - 5, y(loss));
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const epoch of ticks(0, epochs, 4)) {
      if (Number.isInteger(epoch)) context.fillText(epoch.toLocaleString("en"), x(epoch), height - FRAME.bottom + 4);
    }
    context.fillText("epoch", (FRAME.left + width - FRAME.right) / 2, height - 14);
    context.save();
    context.translate(10, (FRAME.top + height - FRAME.bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "middle";
    context.fillText("mean loss", 0, 0);
    context.restore();
  }
}

// The upper end of the axis: the largest loss but for rare peaks, which are cut off.
function highest(moments) {
  const losses = moments.flatMap((m) => [m.train, m.test]).filter(Number.isFinite).sort((a, b) => a - b);
  if (!losses.length) return 1;
  const usual = losses[Math.floor((losses.length - 1) * 0.98)];
  return Math.max(usual * 1.1, 1e-6);
}
