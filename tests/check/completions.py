#!/usr/bin/env python3
"""The completions of the daemons, each in its own shell: bash always, zsh and fish where they are."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMPT = "@ready@ "
CONTROL = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")  # zsh switches bracketed pasting on behind its prompt
# What is typed, and the line that the tabulator makes of it. `only.pcap` is the only file there.
LINES = {
    "tcpcopy --print-c": "tcpcopy --print-config",
    "tcpcopy --capture p": "tcpcopy --capture pcap",
    "tcpcopy --capture=f": "tcpcopy --capture=file",
    "tcpcopy -d --send l": "tcpcopy -d --send link",
    "tcpcopy --trace on": "tcpcopy --trace only.pcap",
    "tcpcopy -o l": "tcpcopy -o lo",
    "tcpcopy -x on": "tcpcopy -x on",  # no file is meant
    "intercept --max-r": "intercept --max-records",
    "intercept --key on": "intercept --key only.pcap",
}


class Terminal:
    """A shell that believes to have somebody at its terminal."""

    def __init__(self, folder, *command):
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=str(folder), LANG="C.UTF-8")
            os.execvp(command[0], command)

    def read_until(self, pattern):
        text = ""
        while not (found := re.search(pattern, text)):
            assert select.select([self.descriptor], [], [], 20)[0], f"{pattern!r} is not in {text!r}"
            text += os.read(self.descriptor, 65536).decode(errors="replace").replace("\r", "")
            text = CONTROL.sub("", text)
        return found

    def say(self, text):
        os.write(self.descriptor, text.encode())

    def completed(self, line):
        # Ctrl-A, Ctrl-E: around the line. The shell itself then says what that has become.
        self.say(f"{line}\t\x01echo '<' \x05 '>'\n")
        return self.read_until(rf"\n< (.*?) +>\n(?:.*\n)*.*{PROMPT}")[1]

    def end(self):
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)


def made(shell, build, folder, names):
    for daemon, name in names.items():
        text = subprocess.run([ROOT / "scripts/options", "--completion", shell,
                               build / f"src/{daemon}/{daemon}"], capture_output=True, check=True).stdout
        (folder / name).write_bytes(text)


def in_bash(build, scripts, work):
    made("bash", build, scripts, {name: name for name in ("tcpcopy", "intercept")})
    terminal = Terminal(work, "bash", "--norc", "--noprofile", "-i")
    terminal.say(f"bind 'set bell-style none'; . {scripts}/tcpcopy; . {scripts}/intercept; PS1='{PROMPT}'\n")
    return terminal


def in_zsh(build, scripts, work):
    made("zsh", build, scripts, {name: f"_{name}" for name in ("tcpcopy", "intercept")})
    terminal = Terminal(work, "zsh", "-f", "-i")
    terminal.say(f"unsetopt beep; fpath=({scripts} $fpath); autoload -Uz compinit; compinit -u -D; "
                 f"PS1='{PROMPT}'\n")
    return terminal


def try_in_terminal(start, build, scripts, work):
    terminal = start(build, scripts, work)
    terminal.read_until(rf"\n.*{PROMPT}$")
    try:
        return {line: terminal.completed(line) for line in LINES}
    finally:
        terminal.end()


def try_in_fish(build, scripts, work):
    made("fish", build, scripts, {name: f"{name}.fish" for name in ("tcpcopy", "intercept")})
    done = {}
    for line in LINES:
        told = subprocess.run(
            ["fish", "--no-config", "-c",
             f"source {scripts}/tcpcopy.fish; source {scripts}/intercept.fish; complete -C '{line}'"],
            text=True, cwd=work, check=True, capture_output=True,
            env={**os.environ, "HOME": str(work)}).stdout.splitlines()
        words = {row.split("\t")[0] for row in told}
        begun, last = line.rsplit(" ", 1)
        done[line] = f"{begun} {words.pop()}" if len(words) == 1 else line
        assert not words or words == {last} or len(words) > 1, (line, told)
    return done


TRIALS = {"bash": lambda *places: try_in_terminal(in_bash, *places),
          "zsh": lambda *places: try_in_terminal(in_zsh, *places),
          "fish": try_in_fish}


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    faults = []
    for shell, trial in TRIALS.items():
        if shell != "bash" and not shutil.which(shell):
            print(f"{shell} is not here")
            continue
        with tempfile.TemporaryDirectory() as scripts, tempfile.TemporaryDirectory() as work:
            (pathlib.Path(work) / "only.pcap").touch()
            done = trial(build, pathlib.Path(scripts), pathlib.Path(work))
        faults += [f"{shell}: {line}: {done[line]}, not {wanted}"
                   for line, wanted in LINES.items() if done[line] != wanted]
        print(f"{shell}: {len(LINES)} lines")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
