#!/usr/bin/env python3
"""A client of MariaDB's own library, for what its command line does not do.

  change     logs in as app, changes to another user and back, says something in between
  storm N    logs in N times, with a query each
  large N    inserts a row of N bytes
"""

import ctypes
import sys

library = ctypes.CDLL("libmariadb.so.3")
library.mysql_init.restype = ctypes.c_void_p
library.mysql_error.restype = ctypes.c_char_p


def check(handle, failed):
    if failed:
        sys.exit(library.mysql_error(ctypes.c_void_p(handle)).decode())


def connect(host, user=b"app", password=b"secret", database=b"shop"):
    handle = library.mysql_init(None)
    connected = library.mysql_real_connect(ctypes.c_void_p(handle), host.encode(), user, password,
                                           database, 3306, None, ctypes.c_ulong(0))
    check(handle, not connected)
    return handle


def query(handle, text):
    failed = library.mysql_real_query(ctypes.c_void_p(handle), text, ctypes.c_ulong(len(text)))
    check(handle, failed)


def insert(handle, text):
    query(handle, b"INSERT INTO t (who, what) VALUES (CURRENT_USER(), '%s')" % text)


def main(host, what, count="0"):
    if what == "change":
        handle = connect(host)
        insert(handle, b"first")
        for user, password, database in ((b"odd user", b"a b # c", b"other"), (b"empty", b"", b"shop"),
                                         (b"app", b"secret", b"shop")):
            check(handle, library.mysql_change_user(ctypes.c_void_p(handle), user, password, database))
            insert(handle, b"as " + user)
        library.mysql_close(ctypes.c_void_p(handle))
    for i in range(int(count) if what == "storm" else 0):
        handle = connect(host)
        insert(handle, b"%d" % i)
        library.mysql_close(ctypes.c_void_p(handle))
    if what == "large":
        handle = connect(host)
        insert(handle, b"x" * int(count))
        insert(handle, b"behind it")
        library.mysql_close(ctypes.c_void_p(handle))


main(*sys.argv[1:])
