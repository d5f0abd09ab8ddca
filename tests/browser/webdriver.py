"""As much of the WebDriver protocol as the tests need, spoken to a chromedriver of our own on loopback."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Space": " ", "Tab": "\ue004"}
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One headless Chromium window. `log` holds what the page complained about.

    With `trace`, the browser's own trace of what its threads did is in that file (JSON) once it is closed.
    """

    def __init__(
        self, profile: Path, *, dark: bool = False, size: tuple[int, int] = (1400, 1000), trace: Path | None = None
    ) -> None:
        driver = shutil.which("chromedriver")
        if driver is None or shutil.which("chromium") is None:
            pytest.skip("chromium and chromedriver are not installed (tests/browser/install.sh installs them)")
        command = [driver, "--port=0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = f"http://127.0.0.1:{self._port()}"
        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--mute-audio",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--autoplay-policy=no-user-gesture-required",
            f"--window-size={size[0]},{size[1]}",
            f"--user-data-dir={profile}",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ]
        if dark:
            flags.append("--blink-settings=preferredColorScheme=0")
        if trace is not None:
            flags += [
                "--trace-startup=devtools.timeline,disabled-by-default-devtools.timeline,blink.user_timing",
                f"--trace-startup-file={trace}",
                "--trace-startup-duration=0",
                "--trace-startup-format=json",
            ]
        options = {"args": flags, "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = ""
        try:
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        except BaseException:
            self.close()
            raise
        self.session = f"/session/{made['sessionId']}"

    def _port(self) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return int(found[1])
        raise AssertionError("chromedriver did not start")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.loads(error.read())['value']['message']}") from None

    def open(self, page: Path | str) -> None:
        """Load a file or an address and wait until its script has run."""
        self._call("POST", f"{self.session}/url", {"url": page if isinstance(page, str) else page.as_uri()})

    def run(self, script: str, *args: Any) -> Any:
        """The value of a function body."""
        return self._call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(args)})

    def cdp(self, command: str, **params: Any) -> Any:
        """The answer to a command of the DevTools protocol."""
        return self._call("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": params})

    def press(self, *keys: str) -> None:
        """Keys, one after another, to whatever has the focus."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", f"{self.session}/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def click(self, selector: str) -> None:
        """The first element that matches, clicked as a mouse does."""
        found = self._call("POST", f"{self.session}/element", {"using": "css selector", "value": selector})
        self._call("POST", f"{self.session}/element/{found[_ELEMENT]}/click", {})

    def picture(self, target: Path) -> bytes:
        """A screenshot as PNG, kept in a file."""
        data = base64.b64decode(self._call("GET", f"{self.session}/screenshot"))
        target.write_bytes(data)
        return data

    def log(self) -> list[str]:
        """What the console says since it was last asked."""
        return [row["message"] for row in self._call("POST", f"{self.session}/se/log", {"type": "browser"})]

    def close(self) -> None:
        """End the browser and its driver."""
        try:
            if self.session:
                self._call("DELETE", self.session)
        finally:
            self.session = ""
            self.process.terminate()
            self.process.wait(10)
            if self.process.stdout is not None:
                self.process.stdout.close()
