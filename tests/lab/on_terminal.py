"""A daemon on a terminal of the test's: what it draws, seen by an interpreter of its own (pyte)."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

from lab import in_host

LEAVES = b"\x1b[?25h\x1b[?1049l"


class OnTerminal:
    """Standard output and standard error of a command are the terminal, its keys are the test's."""

    def __init__(self, host, command, columns=80, rows=24):
        self.master, self.slave = pty.openpty()
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.said = b""
        self._set_size(columns, rows)
        self.modes = termios.tcgetattr(self.slave)
        self.popen = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *in_host(host, command)], stdin=self.slave,
            stdout=self.slave, stderr=self.slave, env={**os.environ, "TERM": "xterm"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self._set_size(columns, rows)
        self.screen.resize(rows, columns)

    def watch(self, seconds):
        """Reads what is drawn for so long. Returns the rows."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            said = os.read(self.master, 65536)
            self.said += said
            self.stream.feed(said)
        return self.rows()

    def watch_for(self, words, seconds=10):
        end = time.monotonic() + seconds
        while not any(words in row for row in self.watch(0.2)):
            assert time.monotonic() < end, f"no '{words}' in\n" + self.text()
        return self.rows()

    def rows(self):
        return [row.rstrip() for row in self.screen.display]

    def text(self):
        return "\n".join(self.rows())

    def row(self, begin):
        """The one that begins so."""
        found = [row for row in self.rows() if row.startswith(begin)]
        assert len(found) == 1, f"{len(found)} rows begin with '{begin}':\n{self.text()}"
        return found[0]

    def stop(self, how=signal.SIGTERM):
        """Ends it, and reads what it says to that. Returns its exit status."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
        end = time.monotonic() + 5
        while self.popen.poll() is None and time.monotonic() < end:
            self.watch(0.1)
        status = self.popen.wait(1)
        self.watch(0.2)
        return status

    def as_before(self):
        """Whether the terminal's modes are what they were."""
        return termios.tcgetattr(self.slave) == self.modes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait()
        os.close(self.master)
        os.close(self.slave)
