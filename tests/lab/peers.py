"""Servers and clients that others made: nginx and wrk, redis and its benchmark."""

import pathlib
import re
import sys
import time

from lab import ADDRESS, wait_until

NGINX = """
daemon off; master_process {master}; worker_processes {workers}; user root root;
pid {work}/pid; error_log {work}/error.log;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  keepalive_requests 1000000000; keepalive_timeout 300; client_max_body_size 10m;
  server {{
    listen {port} backlog=4096{reuse};
    location / {{ return 200 "hello from the lab\\n"; }}
    location = /upload {{ return 200 "thank you\\n"; }}
    location = /big100k {{ alias {work}/big100k; }}
  }}
  server {{ listen 127.0.0.1:99; location / {{ stub_status; }} }}
}}
"""
USUAL_CONNECTIONS = 16384
STATUS = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:99/').read().decode())"


class Nginx:
    """A web server that counts its requests."""

    def __init__(self, lab, host, port, connections=USUAL_CONNECTIONS, workers=1):
        """@param connections of each worker. To be stopped by stop() when it has several."""
        self.lab, self.host = lab, host
        work = pathlib.Path(lab.work) / f"nginx-{host}"
        work.mkdir()
        (work / "big100k").write_bytes(b"x" * 100_000)
        config = work / "nginx.conf"
        config.write_text(NGINX.format(work=work, port=port, connections=connections,
                                       workers=workers, master="on" if workers > 1 else "off",
                                       reuse=" reuseport" if workers > 1 else ""))
        limit = ["prlimit", f"--nofile={connections}"] if connections > USUAL_CONNECTIONS else []
        self.command = [*limit, "nginx", "-e", work / "error.log", "-c", config]
        self.port = port
        self.start()

    def start(self):
        """Starts it, or starts it again, behind its end: it counts from 0."""
        self.process = self.lab.start(self.host, *self.command)
        self.questions = 0
        wait_until(lambda: f":{self.port} " in self.lab.on(self.host, "ss", "-Htln"), 5, "nginx")

    def requests(self):
        """Those of clients, without the questions asked here."""
        status = self.lab.on(self.host, sys.executable, "-c", STATUS)
        self.questions += 1
        return int(re.search(r"^ \d+ \d+ (\d+)", status, re.M).group(1)) - self.questions


class Redis:
    """A Redis that counts its commands."""

    def __init__(self, lab, host, port):
        self.lab, self.host, self.port = lab, host, port
        self.process = lab.start(host, "redis-server", "--port", port, "--save", "",
                                 "--protected-mode", "no", "--dir", lab.work)
        self.process.wait_for("Ready to accept connections")

    def commands(self):
        """Calls by command, without those of the question itself."""
        stats = self.lab.on(self.host, "redis-cli", "-p", self.port, "info", "commandstats")
        calls = dict(re.findall(r"^cmdstat_(\S+?):calls=(\d+)", stats, re.M))
        calls.pop("info", None)
        return calls


def finish(client):
    """Waits for wrk to end; none of its connections failed."""
    assert client.popen.wait(240) == 0, client.log()
    assert "Socket errors" not in client.log(), client.log()


def wrk(lab, connections, seconds, path="/", pause_ms=0, close=False, body_bytes=0):
    """Starts wrk on the client."""
    script = ""
    if pause_ms:
        script += f"function delay() return {pause_ms} end\n"
    if close:
        script += 'wrk.headers["Connection"] = "close"\n'
    if body_bytes:
        script += f'wrk.method = "POST"\nwrk.body = string.rep("x", {body_bytes})\n'
    lua = lab.work / "wrk.lua"
    lua.write_text(script)
    return lab.start("client", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", lua,
                     f"http://{ADDRESS['online']}{path}")


def assert_same_requests(online, target, catch_up=10, copies=1):
    """The target has served what the online server has, no less and, a moment later, no more."""
    served = online.requests()
    assert served > 0
    expected = served * copies
    end = time.monotonic() + catch_up
    while (count := target.requests()) < expected and time.monotonic() < end:
        time.sleep(0.1)
    if count == expected:
        time.sleep(0.5)
    assert (online.requests(), target.requests()) == (served, expected)
    return served
