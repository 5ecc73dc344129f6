"""A real browser for tests: headless Chromium, driven through chromedriver's HTTP interface."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Nothing of this reaches for the network; a page of ours must not either.
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Browser:
    """One window."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, page: Path, width: int, *, dark: bool) -> None:
        """Open a file in a window of that width, for a reader of light or dark pages."""
        self._tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._tell("Emulation.setEmulatedMedia", features=[scheme])
        _post(f"{self._session}/url", {"url": page.resolve().as_uri()})

    def ask(self, script: str) -> Any:
        """What a script returns that runs in the page."""
        return _post(f"{self._session}/execute/sync", {"script": script, "args": []})

    def messages(self) -> list[str]:
        """What the console has said since it was last asked: errors, warnings, everything."""
        return [entry["message"] for entry in _post(f"{self._session}/se/log", {"type": "browser"})]

    def picture(self, path: Path) -> None:
        """Write the whole page into a PNG."""
        found = self._tell("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def _tell(self, command: str, **options: Any) -> Any:
        return _post(f"{self._session}/goog/cdp/execute", {"cmd": command, "params": options})


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a history; the test is skipped where there is none."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium here")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process,
    ):
        try:
            address = f"http://127.0.0.1:{_port(process)}"
            options = {"binary": chromium, "args": [*_OPTIONS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = _post(f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            try:
                yield Browser(address, session)
            finally:
                _request(f"{address}/session/{session}", "DELETE", None)
        finally:
            process.terminate()


def _port(driver: subprocess.Popen[str]) -> int:
    """The port that chromedriver says it listens on."""
    assert driver.stdout is not None
    for line in driver.stdout:
        if found := re.search(r"started successfully on port (\d+)", line):
            return int(found[1])
    raise AssertionError("chromedriver ended before it listened")


def _post(address: str, document: Any) -> Any:
    return _request(address, "POST", json.dumps(document).encode())


def _request(address: str, method: str, data: bytes | None) -> Any:
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)["value"]
