// Live pages get the height of what is in them, where the browser lets a page look into its own frames.
for (const frame of document.querySelectorAll("iframe.live")) {
  const fit = () => {
    try {
      const page = frame.contentDocument.documentElement;
      new ResizeObserver(() => { frame.style.height = `${page.scrollHeight + 4}px`; }).observe(page.querySelector("body"));
    } catch { /* opened as files, pages are strangers to each other: the height given stays */ }
  };
  if (frame.contentDocument?.readyState === "complete") fit();
  frame.addEventListener("load", fit);
}
