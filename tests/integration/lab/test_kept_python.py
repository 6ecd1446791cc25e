# Copyright: Contributors to the virtnet.ovn project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python that stays, for programs as ansible-core sends them: what a program sees is what a Python of its own would show it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.virtnet.ovn.plugins.module_utils._lab.keep import KeptPython, NotKept

COMMAND = "/bin/sh -c '%s && sleep 0'" % sys.executable
# As ansible-core's wrapper does it: an archive in a new folder goes to the front of the path
WRAPPER = """
import os, shutil, sys, tempfile, zipfile
FILES, MODULE = {files!r}, {module!r}
sys.path = [path for path in sys.path if path]
folder = os.path.realpath(tempfile.mkdtemp())
try:
    archive = os.path.join(folder, "payload.zip")
    with zipfile.ZipFile(archive, "w") as zipped:
        for path, text in FILES.items():
            zipped.writestr(path, text)
    sys.path.insert(0, archive)
    import runpy
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
finally:
    shutil.rmtree(folder)
"""
UTILS = {
    "ansible/__init__.py": "",
    "ansible/module_utils/__init__.py": "",
    "ansible/module_utils/basic.py": """
import os, sys
from . import more
BEGAN_IN = os.getpid()
PLACE = os.path.dirname(sys.modules["ansible"].__file__)
""",
    "ansible/module_utils/more.py": "WHAT = 'first'\n",
    "ansible/modules/__init__.py": "",
}


def archived(text, **utils):
    """A program that runs a module of this text."""
    files = {**UTILS, **{"ansible/module_utils/%s.py" % name: util for name, util in utils.items()}}
    return WRAPPER.format(files={**files, "ansible/modules/it.py": text}, module="ansible.modules.it").encode()


class Host:
    """This machine in the place of a lab host."""

    def __init__(self, folder, seconds=20):
        self.folder, self.seconds = folder, seconds
        self.starts = 0

    def start(self, program, descriptor):
        self.starts += 1
        return subprocess.run(["/bin/sh", "-c", COMMAND], input=program, pass_fds=[descriptor], check=False).returncode

    def run(self, program, timeout=30):
        program = program if isinstance(program, bytes) else program.encode()
        return KeptPython(str(self.folder), COMMAND, self.start, self.seconds).run(program, timeout)

    def says(self, program):
        code, out, err = self.run(program)
        assert (code, err) == (0, b"")
        return out.decode().strip()

    def keeper(self):
        return int(self.says("import os; print(os.getppid())"))


def gone(pid):
    deadline = time.monotonic() + 10
    while (
        pathlib.Path("/proc/%d/stat" % pid).exists() and b") Z" not in pathlib.Path("/proc/%d/stat" % pid).read_bytes()
    ):
        assert time.monotonic() < deadline, "process %d is still there" % pid
        time.sleep(0.01)
    return True


@pytest.fixture
def host(tmp_path):
    made = Host(tmp_path)
    yield made
    made.seconds = 0
    with contextlib.suppress(NotKept, ProcessLookupError):
        os.kill(made.keeper(), signal.SIGTERM)


@pytest.mark.parametrize(
    "program",
    [
        "import os, sys; print(os.getcwd(), sorted(os.environ.items()), os.umask(0))",
        "import sys; print(sys.path, sys.argv, __name__, sorted(vars()), sys.meta_path[-3:])",
        "import sys; print(repr(sys.stdin.read())); sys.exit(7)",
        "import sys; print('out'); print('err', file=sys.stderr); sys.exit('the reason')",
        "raise SystemExit",
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import atexit; atexit.register(print, 'at the end'); print('before')",
        "import os; os.system('ls /proc/self/fd')",
        "import signal; print([signal.getsignal(number) for number in signal.valid_signals()])",
        "this is no Python",
    ],
)
def test_a_program_sees_and_says_what_it_would_in_a_python_of_its_own(host, program):
    plain = subprocess.run(
        ["/bin/sh", "-c", COMMAND], input=program.encode(), capture_output=True, check=False, start_new_session=True
    )
    for _dummy in range(2):
        code, out, err = host.run(program)
        assert (code, out) == (plain.returncode, plain.stdout)
        # There are more frames below, and there is no shell that says how it was ended
        assert err.endswith(plain.stderr.partition(b"\n")[2])
    assert host.starts == 1


def test_an_error_is_shown_with_its_lines(host):
    code, dummy, err = host.run(archived("def ask():\n    return 1 / 0\nask()\n"))
    again = host.run(archived("def ask():\n    return 1 / 0\nask()\n"))[2]
    assert code == 1
    for said in (err, again):
        assert b"ZeroDivisionError" in said
        assert b'/payload.zip/ansible/modules/it.py", line 2, in ask' in said


def test_what_comes_with_every_module_is_imported_once(host):
    text = "import os\nfrom ansible.module_utils import basic\nprint(basic.BEGAN_IN == os.getpid())"
    assert [host.says(archived(text)) for _dummy in range(3)] == ["True", "False", "False"]


def test_a_module_gets_no_other_content_than_its_own(host):
    text = "from ansible.module_utils import basic\nprint(basic.more.WHAT)"
    assert host.says(archived(text)) == "first"
    assert host.says(archived(text)) == "first"
    assert host.says(archived(text, more="WHAT = 'other'")) == "other"
    assert host.says(archived(text, more="WHAT = 'other'")) == "other"
    assert host.says(archived(text)) == "first"


def test_a_module_finds_its_own_archive(host):
    """ansible.module_utils.common.respawn and importlib.resources do, and what is imported late."""
    text = """
import os, pkgutil, sys
import ansible.module_utils.basic
for name in ("ansible", "ansible.module_utils", "ansible.module_utils.basic"):
    module = sys.modules[name]
    assert module.__spec__.name == name == module.__name__
    assert module.__spec__.origin.startswith(sys.path[0]), module.__spec__
    assert not hasattr(module, "__path__") or os.path.dirname(module.__spec__.origin) == list(module.__path__)[0]
assert pkgutil.get_data("ansible.module_utils", "more.py") == b"WHAT = 'first'\\n"
from ansible.module_utils import late
print(late.__file__.startswith(sys.path[0]), late.NUMBER)
"""
    assert [host.says(archived(text, late="NUMBER = %d" % number)) for number in range(3)] == [
        "True 0", "True 1", "True 2",
    ]  # fmt: skip


def test_a_module_lies_beside_what_came_with_it(host):
    """ansible-core tells by that whose code gives a warning."""
    text = """
import inspect
from ansible.module_utils import basic, more
print([inspect.getsourcefile(what).removeprefix(basic.PLACE) for what in (more.what, lambda: None)])
"""
    for _dummy in range(3):
        assert (
            host.says(archived(text, more="def what():\n    pass\n")) == "['/module_utils/more.py', '/modules/it.py']"
        )


def test_what_a_module_does_to_itself_stays_with_it(host):
    text = "from ansible.module_utils import basic\nprint(hasattr(basic, 'left'))\nbasic.left = True"
    assert {host.says(archived(text)) for _dummy in range(3)} == {"False"}


def test_modules_run_at_the_same_time(host, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(host.run, "print(open(%r).read())" % str(tmp_path / "fifo"))
        second = pool.submit(host.run, "open(%r, 'w').write('met')" % str(tmp_path / "fifo"))
        assert first.result(20) == (0, b"met\n", b"")
        assert second.result(20)[0] == 0
    assert host.starts == 1


def test_what_does_not_end_is_ended_with_all_that_it_started(host):
    host.says("pass")
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(321)', %r])"
    with pytest.raises(TimeoutError):
        host.run(program % str(host.folder), timeout=1)
    deadline = time.monotonic() + 10
    while subprocess.run(["pgrep", "-f", str(host.folder)], check=False, capture_output=True).stdout:
        assert time.monotonic() < deadline
    assert host.starts == 1


def test_it_is_started_again_when_it_was_killed_and_when_python_has_changed(host, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    first = host.keeper()
    os.kill(first, signal.SIGKILL)
    second = host.keeper()
    assert second != first
    (tmp_path / "new_package").mkdir()
    assert host.keeper() != second
    assert gone(second)
    assert host.starts == 3


def test_it_ends_when_nobody_needs_it(tmp_path):
    host = Host(tmp_path, seconds=0.2)
    assert gone(host.keeper())


def test_nothing_is_run_where_none_can_be_kept(tmp_path):
    with pytest.raises(NotKept):
        KeptPython(str(tmp_path), "false", lambda program, descriptor: 1, 1).run(b"print()")
    with pytest.raises(NotKept):
        KeptPython(str(tmp_path / "nosuch"), COMMAND, None, 1).run(b"print()")
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []


def test_one_that_dies_meanwhile_is_no_success(host):
    with pytest.raises(ConnectionResetError):
        host.run("import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
