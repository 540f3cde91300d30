"""What the daemons say to who starts them: one clear line and an exit status."""

import socket
import subprocess

import pytest

USAGE_ERROR = 2
SYSTEM_ERROR = 1
THREE_SCREENS = 75  # of the 25 lines of a console

RULE = ("-x", "80-10.0.0.30:8080")
LINK = ("-s", "10.0.0.40")
FILTER = ("-F", "tcp and src port 8080")
DEVICE = ("-i", "lo")

BAD_TCPCOPY = {
    "no_rule": (LINK, "-x is missing"),
    "no_intercept": (RULE, "-s is missing"),
    "rule_without_dash": (("-x", "80", *LINK), "-x '80'"),
    "rule_without_target_port": (("-x", "80-10.0.0.30", *LINK), "the target has no port"),
    "rule_without_target": (("-x", "80-", *LINK), "-x '80-'"),
    "rule_with_an_unknown_host": (("-x", "80-no-one.invalid:8080", *LINK),
                                  "the target address: the host 'no-one.invalid': "),
    "intercept_unknown": ((*RULE, "-s", "no-one.invalid"),
                          "-s 'no-one.invalid': the host 'no-one.invalid': "),
    "rule_with_ipv6": (("-x", "80-[::1]:8080", *LINK), "IPv6 is not supported yet"),
    "rule_with_a_bad_address": (("-x", "80-10.0.0.300:8080", *LINK), "10.0.0.300"),
    "empty_rule": (("-x", "80-10.0.0.30:8080,", *LINK), "-x ''"),
    "online_port_0": (("-x", "0-10.0.0.30:8080", *LINK), "'0' is not a number from 1 to 65535"),
    "target_port_70000": (("-x", "80-10.0.0.30:70000", *LINK), "'70000' is not a number"),
    "intercept_port_0": ((*RULE, "-s", "10.0.0.40:0"), "'0' is not a number from 1 to 65535"),
    "intercept_port_70000": ((*RULE, *LINK, "-p", "70000"), "'70000' is not a number"),
    "too_many_links": ((*RULE, *LINK, "-C", "12"), "-C"),
    "mtu_not_a_number": ((*RULE, *LINK, "-M", "big"), "-M"),
    "bad_pool": ((*RULE, *LINK, "-c", "nowhere"), "nowhere"),
    "bad_filter": ((*RULE, *LINK, "-F", "tcp and gibberish"), "syntax error"),
    "unknown_option": ((*RULE, *LINK, "--nonsense"), "--nonsense"),
    "log_nowhere": ((*RULE, *LINK, "-l", "/proc/nowhere"), "/proc/nowhere"),
}
BAD_INTERCEPT = {
    "no_filter": (DEVICE, "-F is missing"),
    "bad_filter": ((*DEVICE, "-F", "tcp and gibberish"), "syntax error"),
    "unknown_device": (("-i", "nowhere0", *FILTER), "nowhere0"),
    "one_unknown_device": (("-i", "lo,nowhere0", *FILTER), "nowhere0"),
    "port_0": ((*DEVICE, *FILTER, "-p", "0"), "'0' is not a number from 1 to 65535"),
    "port_70000": ((*DEVICE, *FILTER, "-p", "70000"), "'70000' is not a number"),
    "address_malformed": ((*DEVICE, *FILTER, "-b", "here"), "'here' is not an IPv4 address"),
    "unknown_option": ((*DEVICE, *FILTER, "--nonsense"), "--nonsense"),
    "records_not_a_number": ((*DEVICE, *FILTER, "-n", "many"), "-n"),
    "allow_unknown": ((*DEVICE, *FILTER, "--allow", "no-one.invalid"),
                      "--allow: the host 'no-one.invalid': "),
    "translation_without_pair": ((*DEVICE, *FILTER, "-D", "10.0.0.1"), "no pair of addresses"),
    "protection_without_single": ((*DEVICE, *FILTER, "-c"), "-c protects"),
}


@pytest.fixture
def start(build):
    """Starts a daemon that is expected to end at once."""
    def run(program, *arguments, without=()):
        return subprocess.run([*without, build / "src" / program / program, *arguments], text=True,
                              capture_output=True, timeout=10, check=False)
    return run


def assert_refused(done, status, words):
    assert done.returncode == status, done
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments,words", BAD_TCPCOPY.values(), ids=BAD_TCPCOPY.keys())
def test_bad_input_to_tcpcopy(start, arguments, words):
    assert_refused(start("tcpcopy", *arguments), USAGE_ERROR, words)


@pytest.mark.parametrize("arguments,words", BAD_INTERCEPT.values(), ids=BAD_INTERCEPT.keys())
def test_bad_input_to_intercept(start, arguments, words):
    assert_refused(start("intercept", *arguments), USAGE_ERROR, words)


def test_port_is_taken(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = start("intercept", *DEVICE, *FILTER, "-b", "127.0.0.1", "-p", str(port))
    assert_refused(done, USAGE_ERROR, f"cannot listen on 127.0.0.1:{port}: Address already in use")


@pytest.mark.parametrize("program,arguments", (("tcpcopy", (*RULE, *LINK)),
                                               ("intercept", (*DEVICE, *FILTER))))
def test_without_the_capability(start, program, arguments):
    done = start(program, *arguments,
                 without=("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"))
    assert_refused(done, SYSTEM_ERROR, "setcap cap_net_raw")


@pytest.mark.parametrize("program", ("tcpcopy", "intercept"))
def test_help_and_version(start, program):
    told = start(program, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert "Usage: " + program in told.stdout
    assert told.stdout.count("\n") <= THREE_SCREENS
    assert max(map(len, told.stdout.splitlines())) <= 80
    version = start(program, "--version")
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith(program + " ") and version.stdout.count("\n") == 1
