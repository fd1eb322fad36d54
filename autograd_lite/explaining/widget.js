// The page of an explorer in a notebook: in a frame, which tells what its reader sets and hears what Python sets.

export default {
  render({ model, el }) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = model.get("title");
    frame.style.cssText = `width:100%;height:${model.get("height")};border:0`;
    let told = null; // what the page has sent, which need not be sent back
    const send = () => frame.contentWindow?.postMessage({ explorer: "values", values: model.get("values") }, "*");
    const hear = (event) => {
      if (event.source !== frame.contentWindow) return;
      if (event.data?.explorer === "ready") send();
      if (event.data?.explorer !== "values") return;
      told = JSON.stringify(event.data.values);
      model.set("values", event.data.values);
      model.save_changes();
    };
    const changed = () => { if (JSON.stringify(model.get("values")) !== told) send(); };
    window.addEventListener("message", hear);
    model.on("change:values", changed);
    frame.srcdoc = model.get("page");
    el.append(frame);
    return () => {
      window.removeEventListener("message", hear);
      model.off("change:values", changed);
    };
  },
};
