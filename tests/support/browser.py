# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser without a network: Debian's Chromium, headless, spoken to as WebDriver (W3C) says.

with browser() as page:
    page.open(path)
    page.run("return document.title")
"""

from __future__ import annotations

import base64
import contextlib
import json
import pathlib
import subprocess
import tempfile
import urllib.request

from tests.support.waiting import until

from .ovsdb import _die_with_us, free_port

_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    # Nothing but this machine's own files: no name is ever looked up
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


class Page:
    def __init__(self, driver):
        self._driver = driver
        self._session = None

    def _call(self, method, path, body=None):
        request = urllib.request.Request(
            self._driver + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.load(answer)["value"]

    def ready(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def begin(self, profile):
        arguments = [*_OPTIONS, "--user-data-dir=%s" % profile]
        wanted = {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        value = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = "/session/" + value["sessionId"]

    def end(self):
        if self._session:
            self._call("DELETE", self._session)

    def devtools(self, command, **parameters):
        return self._call("POST", self._session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look(self, width=1280, height=900, scheme="light", media="screen"):
        """How it is looked at: the size in CSS pixels, light or dark, screen or print."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def open(self, path):
        self._call("POST", self._session + "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def run(self, script, *arguments):
        return self._call("POST", self._session + "/execute/sync", {"script": script, "args": list(arguments)})

    def log(self, kind):
        return self._call("POST", self._session + "/se/log", {"type": kind})

    def requests(self):
        """The addresses that were asked for since the last look."""
        events = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def screenshot(self, path, whole=True):
        picture = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(picture["data"]))


@contextlib.contextmanager
def browser():
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="virtnet-browser-", ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            [*_die_with_us(), "chromedriver", "--port=%d" % port, "--log-level=SEVERE"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        page = Page("http://127.0.0.1:%d" % port)
        try:
            until(page.ready, "chromedriver answers", 60)
            page.begin(profile)
            yield page
        finally:
            try:
                page.end()
            finally:
                driver.terminate()
                driver.wait(30)
