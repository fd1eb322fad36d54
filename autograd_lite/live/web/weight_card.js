// The card beside the pointer: a weight and its gradient, and after a click a field to change the weight.

class WeightCard {
  constructor(view) {
    this.view = view; // {describe(parameter), numbers(parameter), set(parameter, value)}
    this.tip = document.getElementById("tip");
    this.form = document.getElementById("edit");
    this.field = document.getElementById("edit-value");
    this.parameter = -1;
    this.editing = -1;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.take();
    });
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      event.stopPropagation();
    });
    document.getElementById("edit-close").addEventListener("click", () => this.close());
  }

  show(parameter, x, y) {
    this.parameter = parameter;
    this.tip.hidden = parameter < 0 || this.editing >= 0;
    if (this.tip.hidden) return;
    this.update();
    moveBeside(this.tip, x, y);
  }

  update() {
    if (this.parameter < 0 || this.tip.hidden) return;
    const { value, gradient } = this.view.numbers(this.parameter);
    this.tip.replaceChildren(
      line("what", this.view.describe(this.parameter)), line("value", `value ${shortNumber(value)}`),
      line("gradient", `gradient of the training loss ${shortNumber(gradient)}`),
    );
  }

  edit(parameter, x, y) {
    this.opener = document.activeElement;
    this.editing = parameter;
    this.tip.hidden = true;
    const { value, gradient } = this.view.numbers(parameter);
    document.getElementById("edit-what").textContent = this.view.describe(parameter);
    document.getElementById("edit-gradient").textContent = `gradient ${shortNumber(gradient)}`;
    this.field.value = String(value);
    this.form.hidden = false;
    moveBeside(this.form, x, y);
    this.field.focus();
    this.field.select();
  }

  take() {
    const value = Number(this.field.value);
    if (this.field.value.trim() === "" || !Number.isFinite(value)) return;
    this.view.set(this.editing, value);
    this.close();
  }

  close() {
    this.editing = -1;
    this.form.hidden = true;
    this.opener?.focus?.();
  }
}

function line(kind, text) {
  return Object.assign(document.createElement("div"), { className: kind, textContent: text });
}

// Beside a point of the window, inside of it.
function moveBeside(element, x, y) {
  const { width, height } = element.getBoundingClientRect();
  const [w, h] = [document.documentElement.clientWidth, window.innerHeight];
  element.style.left = `${Math.max(8, Math.min(x + 14, w - width - 8))}px`;
  element.style.top = `${Math.max(8, y + 14 + height > h ? y - height - 14 : y + 14)}px`;
}
