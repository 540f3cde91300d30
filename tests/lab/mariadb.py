"""A server of MariaDB on a host of the lab, with a data directory of its own."""

import pathlib
import shutil
import tempfile

from lab import ADDRESS, run, wait_until

SQL = """
CREATE DATABASE shop; CREATE DATABASE other;
CREATE USER app IDENTIFIED BY 'secret'; CREATE USER 'odd user' IDENTIFIED BY 'a b # c';
CREATE USER empty IDENTIFIED BY '';
GRANT ALL ON *.* TO app, 'odd user', empty;
CREATE TABLE shop.t (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(80), what TEXT);
CREATE TABLE other.t LIKE shop.t;
"""


def installed():
    return all(shutil.which(name) for name in ("mariadbd", "mariadb-install-db", "mariadb", "sysbench"))


class MariaDb:
    def __init__(self, lab, host, port, *options):
        self.lab, self.host, self.port = lab, host, port
        work = pathlib.Path(lab.work) / f"mariadb-{host}"
        work.mkdir()
        # A socket's path has 107 bytes at most.
        self.folder = tempfile.TemporaryDirectory(prefix="lab")
        self.socket = pathlib.Path(self.folder.name) / "socket"
        run("mariadb-install-db", "--no-defaults", "--user=root", "--skip-test-db",
            "--auth-root-authentication-method=normal", f"--datadir={work}/data")
        self.command = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={work}/data",
                        f"--socket={self.socket}", f"--port={port}", "--skip-name-resolve",
                        "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0",
                        "--max-connect-errors=1000000", f"--log-error={work}/error.log",
                        "--general-log", f"--general-log-file={work}/general.log"]
        self.general = work / "general.log"
        self.start(*options)
        self.sql(SQL)

    def start(self, *options):
        self.process = self.lab.start(self.host, *self.command, *options)
        wait_until(lambda: run("mariadb", "-S", self.socket, "-Ne", "SELECT 1", check=False) == "1\n",
                   30, "MariaDB")

    def sql(self, text):
        return run("mariadb", "--no-defaults", "-S", self.socket, "-Ne", text)

    def rows(self, table="shop.t"):
        return self.sql(f"SELECT who, what FROM {table} ORDER BY id").splitlines()

    def count(self, what):
        """Of SHOW GLOBAL STATUS."""
        return int(self.sql(f"SHOW GLOBAL STATUS LIKE '{what}'").split()[1])


def client(lab, user, password, *options, host="client", to="online", port=3306, **more):
    """What a client of MariaDB's prints."""
    return lab.on(host, "mariadb", "--no-defaults", "-h", ADDRESS[to], "-P", port, "-u", user,
                  f"--password={password}", *options, **more)
