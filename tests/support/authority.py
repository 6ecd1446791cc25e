# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority that the collection knows nothing of, as somebody has one who brings certificates."""

from __future__ import annotations

import datetime
import pathlib
import subprocess


class Authority:
    """An authority of somebody's own, and what it has signed, by openssl alone: files on the controller."""

    def __init__(self, directory, *names, called="Our own"):
        self.directory = pathlib.Path(directory)
        self.run(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=" + called,
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        )
        (self.directory / "index").touch()
        (self.directory / "ca.cnf").write_text(
            "[ca]\ndefault_ca=a\n[a]\nnew_certs_dir=.\ndatabase=index\ndefault_md=sha256\nrand_serial=yes\npolicy=p\n"
            "unique_subject=no\n[p]\ncommonName=supplied\n"
        )
        for name in names:
            self.run(
                "req",
                "-new",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                name + ".key",
                "-out",
                name + ".csr",
            )
            self.sign(name, -1, 30)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True)

    def sign(self, name, begins, ends):
        """A certificate from and until so many days from now."""
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = ((now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ") for days in (begins, ends))
        self.run(
            "ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr", "-out", name + ".pem",
            "-notext", "-startdate", begin, "-enddate", end,
        )  # fmt: skip
