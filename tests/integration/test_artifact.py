# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people install: built from a copy of the work tree, it runs by fully qualified names without the repository."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(sys.executable).parent


def run(*args, cwd, **env):
    done = subprocess.run(
        [str(a) for a in args],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **env},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifact")
    files = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    source = folder / "source"
    for name in files:
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(path.read_bytes())
    run(BIN / "ansible-galaxy", "collection", "build", "--output-path", folder, source, cwd=folder)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(artifact):
    folder = artifact.parent
    run(
        BIN / "ansible-galaxy", "collection", "install", "--offline", artifact, "-p", folder / "collections", cwd=folder
    )
    (folder / "ansible.cfg").write_text("[defaults]\n")
    return folder


def test_it_holds_what_it_needs_and_no_more(artifact):
    with tarfile.open(artifact) as tar:
        names = set(tar.getnames())
    tops = {name.split("/")[0] for name in names}
    assert {"extensions/eda/plugins/event_source/ovn_events.py", "extensions/eda/rulebooks/ovn_ports.yml"} <= names
    assert not [name for name in names if name.startswith("extensions/molecule")]
    assert {"plugins", "roles", "playbooks", "meta", "README.md", "LICENSE", "MANIFEST.json"} <= tops
    assert not tops & {"tests", "collections", "inventories", "benchmarks", ".git", ".venv", "Makefile", "ansible.cfg"}


def test_its_playbooks_are_whole(installed):
    names = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
    assert "site" in names
    (installed / "hosts").write_text("[lab]\nnode1\n[ovn_central]\nnode1\n[ovn_chassis]\nnode1\n")
    shown = run(
        BIN / "ansible-playbook", "-i", "hosts", "--list-tasks", *("virtnet.ovn." + name for name in names),
        cwd=installed, ANSIBLE_COLLECTIONS_PATH=str(installed / "collections"), ANSIBLE_CONFIG=str(installed / "ansible.cfg"),
    )  # fmt: skip
    assert "Set the balancer on gw1" in shown


def test_its_modules_explain_themselves(installed):
    shown = run(
        BIN / "ansible-doc", "virtnet.ovn.ovn_load_balancer", "virtnet.ovn.netns_vm",
        cwd=installed, ANSIBLE_COLLECTIONS_PATH=str(installed / "collections"), ANSIBLE_CONFIG=str(installed / "ansible.cfg"),
    )  # fmt: skip
    assert "OVN_NB_DB" in shown
