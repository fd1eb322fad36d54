"""A browser without a window and without a network, for tests of pages: WebDriver, spoken over HTTP."""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

MUCH = 100.0
"""Milliseconds of the processor that no frame takes, however slow the machine."""

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
)  # fmt: skip
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
        "Home": "\ue011", "End": "\ue010", "Enter": "\ue007", "Tab": "\ue004"}  # fmt: skip


class Browser:
    """One session of ChromeDriver."""

    def __init__(self, port, width, height, flags=()):
        self.base = f"http://127.0.0.1:{port}"
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--window-size={width},{height}", *flags]}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                        "goog:loggingPrefs": {"browser": "ALL"}}}  # fmt: skip
        found = self.call("POST", "/session", {"capabilities": capabilities})
        self.session = f"/session/{found['sessionId']}"

    def call(self, method, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.base + path, body, {"Content-Type": "application/json"}, method=method)
        # Past any proxy of the machine: the driver is here.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())["value"]

    def post(self, path, data=None):
        return self.call("POST", self.session + path, data or {})

    def go_offline(self):
        conditions = {"offline": True, "latency": 0, "download_throughput": 0, "upload_throughput": 0}
        self.post("/chromium/network_conditions", {"network_conditions": conditions})

    def open(self, path: Path):
        self.post("/url", {"url": path.resolve().as_uri()})

    def run(self, script, *arguments):
        """The value of a script's `return`."""
        return self.post("/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """What a script hands to its last argument, a function."""
        return self.post("/execute/async", {"script": script, "args": list(arguments)})

    def source(self):
        """The markup of the page as it is."""
        return self.call("GET", self.session + "/source")

    def press(self, *keys):
        """Keys, down and up, at whatever has the focus."""
        for key in keys:
            k = KEYS.get(key, key)
            actions = [{"type": "keyDown", "value": k}, {"type": "keyUp", "value": k}]
            self.post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def find(self, selector):
        return self.post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.post(f"/element/{self.find(selector)}/click")

    def hover(self, selector):
        move = {"type": "pointerMove", "origin": {ELEMENT: self.find(selector)}, "x": 0, "y": 0}
        self.post("/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def emulate(self, **features):
        """Media features, such as prefers_reduced_motion="reduce"."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.post("/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": listed}})

    def problems(self):
        """What the browser complained of."""
        return [entry["message"] for entry in self.post("/se/log", {"type": "browser"})]

    def picture(self):
        return base64.b64decode(self.call("GET", self.session + "/screenshot"))

    def close(self):
        self.call("DELETE", self.session)


@contextmanager
def browser(folder: Path, width=1300, height=800):
    """A browser with the network off, whose files are in `folder`."""
    driver = subprocess.Popen(
        [CHROMEDRIVER, "--port=0", f"--log-path={folder / 'driver.log'}"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        port = started(driver)
        found = Browser(port, width, height, [f"--user-data-dir={folder / 'profile'}"])
        try:
            found.go_offline()
            yield found
        finally:
            found.close()
    finally:
        driver.terminate()
        driver.wait(20)


def started(driver):
    """The port that the driver listens at."""
    end = time.monotonic() + 60
    for line in driver.stdout:
        words = line.replace(".", " ").split()
        if "port" in words and "successfully" in words:
            return int(words[words.index("port") + 1])
        if time.monotonic() > end:
            break
    raise RuntimeError("ChromeDriver did not start")
