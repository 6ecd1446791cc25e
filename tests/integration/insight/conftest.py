# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.support import daemons
from tests.support import network as document
from tests.support.ovsdb import ovn
from tests.support.picture import EVIL
from tests.support.waiting import until


@pytest.fixture(scope="module")
def cloud():
    """The document's network, with two chassis that run."""
    with daemons.ovn(chassis=2) as cloud:
        document.build(cloud)
        yield cloud


@pytest.fixture(scope="module")
def network():
    """Two switches behind a router, a balancer, a port whose name is markup, two chassis."""
    with ovn() as (nb, sb):
        for command in (
            "ls-add ls1",
            "ls-add ls2",
            "lsp-add ls1 vm1",
            "lsp-set-addresses vm1 02:00:00:00:00:01\\ 10.0.1.1",
            "lsp-add ls2 vm2",
            "lr-add r",
            "lrp-add r r-ls1 02:00:00:00:01:00 10.0.1.254/24",
            "lrp-add r r-ls2 02:00:00:00:02:00 10.0.2.254/24",
            "lsp-add ls1 ls1-r -- lsp-set-type ls1-r router -- lsp-set-options ls1-r router-port=r-ls1",
            "lsp-add ls2 ls2-r -- lsp-set-type ls2-r router -- lsp-set-options ls2-r router-port=r-ls2",
            "lr-nat-add r snat 192.0.2.1 10.0.1.0/24",
            "lb-add web 10.9.9.9:80 10.0.1.1:8080 tcp",
            "ls-lb-add ls2 web",
        ):
            nb.ctl(*[word.replace("\\", " ") for word in command.replace("\\ ", "\\").split()])
        nb.ctl("lsp-add", "ls1", EVIL)
        sb.ctl("chassis-add", "c1", "geneve", "192.0.2.11")
        sb.ctl("chassis-add", "c2", "geneve", "192.0.2.12")
        sb.ctl("set", "Chassis", "c1", "other_config:ovn-bridge-mappings=phys:br-ex")
        until(
            lambda: "vm2" in sb.ctl("--bare", "--columns=logical_port", "list", "Port_Binding"), "northd makes bindings"
        )
        sb.ctl("lsp-bind", "vm1", "c1")
        sb.ctl("lsp-bind", "vm2", "c2")
        yield {"nb": nb.remote, "sb": sb.remote}
