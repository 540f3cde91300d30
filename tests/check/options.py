#!/usr/bin/env python3
"""Every option is explained on its page, which is up to date; and what else is made of the options is
sound. Before that the check shows that it can fail."""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "packaging"))

import man_page  # noqa: E402
import option_table as table  # noqa: E402

DUMP = "tcpcopy\t2.0.0\tPlays.\nG\t-a --all \tN\t1\tAll\n\t--old \t\t\tOld\n"
PAGE = "# O\n\n## tcpcopy\n\n`tcpcopy`\n\n@options tcpcopy\n--all\n  A text.\n@end\n\nSee `--old`.\n"


def self_test():
    daemons = {"tcpcopy": table.parse_daemon(DUMP)}
    for what, dump, page in (
            (None, DUMP, PAGE),
            ("tcpcopy --new is not explained", DUMP + "G\t--new \t\t\tNew\n", PAGE),
            ("tcpcopy --old is not explained", DUMP, PAGE.replace("--old", "--older")),
            ("tcpcopy has no option --all", DUMP.replace("--all", "--any"), PAGE),
            ("tcpcopy --all has no text", DUMP, PAGE.replace("  A text.\n", "")),
            ("its parser says the default, 1", DUMP, PAGE.replace("text.\n", "text.\n  Default: 1\n"))):
        found = list(table.faults_of({"tcpcopy": table.parse_daemon(dump)},
                                     list(table.parse_source(page))))
        assert (any(what in fault for fault in found) if what else not found), (what, found)
    parts = list(table.parse_source(PAGE))
    assert "| `-a`, `--all` *N* | A text. | 1 |" in table.page(daemons, parts)
    assert "\\fB\\-a\\fR, \\fB\\-\\-all\\fR \\fIN\\fR\nA text.\nDefault: 1." in man_page.man_page(
        daemons["tcpcopy"], parts)


def complaints_of(page):
    """What the readers of man pages that are here have against one."""
    for reader in (("mandoc", "-Tlint", "-Wwarning"),
                   ("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z")):
        if shutil.which(reader[0]):
            told = subprocess.run([*reader, "/dev/stdin"], input=page, text=True, capture_output=True,
                                  check=False)
            yield from (told.stdout if reader[0] == "mandoc" else told.stderr).splitlines()


def main():
    self_test()
    assert list(complaints_of(".TH A 8\n.SH B\n.PP\n.XY\n")) or not shutil.which("mandoc")
    build = pathlib.Path(sys.argv[1])
    told = subprocess.run([ROOT / "scripts/options", "--check", build], text=True, capture_output=True,
                          check=False)
    faults = told.stderr.splitlines()
    for daemon in table.DAEMONS:
        page = subprocess.run([ROOT / "scripts/options", "--man", build / f"src/{daemon}/{daemon}"],
                              text=True, capture_output=True, check=True).stdout
        faults += [f"{daemon}(8): {complaint}" for complaint in complaints_of(page)]
    print("\n".join(faults) or "the options are explained")
    return 1 if faults or told.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
