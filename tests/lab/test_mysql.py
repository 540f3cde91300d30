"""MySQL's module with servers of MariaDB on both sides, whose challenges differ."""

import re
import sys

import pytest

from lab import ADDRESS, HERE, POOL, wait_until
from mariadb import MariaDb, client, installed

pytestmark = pytest.mark.skipif(not installed(), reason="no mariadb-server, mariadb-client or sysbench")

RULES = f"3306-{ADDRESS['target']}:3307"
USERS = 'user = app:secret\nuser = "odd user:a b # c"\nuser = empty:\n'


@pytest.fixture
def databases(make_lab):
    """The lab, production, the target; a counter of statements that the two do not share."""
    lab = make_lab()
    lab.route_responses()
    return lab, MariaDb(lab, "online", 3306), MariaDb(lab, "target", 3307)


def replay(lab, *options, users=USERS):
    file = lab.work / "mysql.module"
    file.write_text(users + "port = 3306\n")
    file.chmod(0o600)
    lab.intercept(filter="tcp and src port 3307")
    return lab.tcpcopy("-c", POOL, "--module", f"mysql:{file}", *options, rules=RULES)


def insert(lab, user, password, text, database="shop"):
    client(lab, user, password, database, "-e",
           f"INSERT INTO t (who, what) VALUES (CURRENT_USER(), '{text}')")


def same_rows(online, target, table="shop.t", timeout=20):
    wait_until(lambda: target.rows(table) == online.rows(table), timeout,
               lambda: f"{target.rows(table)} to be {online.rows(table)}")
    return online.rows(table)


def assert_whole(tcpcopy, sessions):
    """So many sessions were completed, and none was lost."""
    tcpcopy.wait_for(rf"completed:{sessions} live:0 lost:0;", 20)


def test_users_with_passwords_of_their_own(databases):
    lab, online, target = databases
    tcpcopy = replay(lab)
    for i in range(3):
        insert(lab, "app", "secret", f"app {i}")
        insert(lab, "odd user", "a b # c", f"odd {i}")
        insert(lab, "empty", "", f"empty {i}", "other")
    assert len(same_rows(online, target)) == 6
    assert len(same_rows(online, target, "other.t")) == 3
    assert_whole(tcpcopy, 9)


def test_a_wrong_password_is_said_once(databases):
    lab, online, target = databases
    tcpcopy = replay(lab, users="user = app:wrong\nuser = empty:\n")
    for i in range(3):
        insert(lab, "app", "secret", f"app {i}")
        insert(lab, "odd user", "a b # c", f"odd {i}")
        insert(lab, "empty", "", f"empty {i}", "other")
    assert len(same_rows(online, target, "other.t")) == 3
    tcpcopy.wait_for(r"completed:3 live:0 lost:6;.* module:\d+/\d+B/6s", 20)
    assert target.rows() == []
    log = tcpcopy.log()
    assert len(re.findall(r"the target refuses user 'app': error 1045: Access denied", log)) == 1
    assert len(re.findall(r"the module's file has no password for it: `user = odd user:", log)) == 1


def own_client(lab, *arguments):
    lab.on("client", sys.executable, HERE / "mariadb_client.py", ADDRESS["online"], *arguments)


def test_a_change_of_user_changes_it_on_the_target(databases):
    lab, online, target = databases
    tcpcopy = replay(lab)
    own_client(lab, "change")
    rows = same_rows(online, target)
    assert [row.split("@")[0] for row in rows] == ["app", "empty", "app"]
    assert len(same_rows(online, target, "other.t")) == 1
    assert_whole(tcpcopy, 1)


def test_many_logins_in_a_row(databases):
    lab, online, target = databases
    tcpcopy = replay(lab)
    own_client(lab, "storm", "500")
    wait_until(lambda: sorted(target.rows()) == sorted(online.rows()), 30)
    assert len(target.rows()) == 500
    assert_whole(tcpcopy, 500)


def test_a_message_of_more_than_16_mb(databases):
    lab, online, target = databases
    for server in (online, target):
        server.sql("SET GLOBAL max_allowed_packet = 64 * 1024 * 1024; "
                   "ALTER TABLE shop.t MODIFY what LONGTEXT")
    tcpcopy = replay(lab)
    own_client(lab, "large", str(20 << 20))
    lengths = "SELECT LENGTH(what) FROM shop.t ORDER BY id"
    wait_until(lambda: target.sql(lengths) == online.sql(lengths), 60)
    assert target.sql(lengths).split() == [str(20 << 20), str(len("behind it"))]
    assert_whole(tcpcopy, 1)


def test_a_session_of_which_the_target_closes_the_connection_goes_on(databases):
    lab, online, target = databases
    tcpcopy = replay(lab)
    slowly = "".join(f"INSERT INTO t (who, what) VALUES (@me, '{i}'); DO SLEEP(1);" for i in range(6))
    background = lab.start("client", "mariadb", "--no-defaults", "-h", ADDRESS["online"], "-P", "3306",
                           "-u", "app", "--password=secret", "shop", "-e", f"SET @me = 'it'; {slowly}",
                           name="slow")
    wait_until(lambda: len(target.rows()) >= 2, 20)
    target.sql("SELECT CONCAT('KILL ', id) INTO @k FROM information_schema.processlist "
               "WHERE user = 'app'; EXECUTE IMMEDIATE @k")
    wait_until(lambda: not background.alive(), 30)
    rows = online.rows()
    assert len(rows) == 6
    # What was asked when the connection went may be lost with it; what follows is not.
    wait_until(lambda: rows[-1] in target.rows(), 20,
               lambda: f"{rows[-1]} in {target.rows()}\n{tcpcopy.log()}")
    assert len(target.rows()) >= 5
    assert "reconnect:1" in tcpcopy.log()


BENCH = ["sysbench", "oltp_read_write", "--db-driver=mysql", f"--mysql-host={ADDRESS['online']}",
         "--mysql-port=3306", "--mysql-user=app", "--mysql-password=secret", "--tables=2",
         "--table-size=500", "--rand-seed=7", "--time=60"]
COUNTED = ("Com_stmt_prepare", "Com_stmt_execute", "Com_update", "Com_commit")


def load_bench(lab, online, target):
    """Both sides with the same tables; production's statements are numbered from elsewhere."""
    for server in (online, target):
        server.sql("CREATE DATABASE sbtest")
    lab.on("client", *BENCH, "prepare")
    lab.on("client", *BENCH, "--events=5", "--threads=3", "run")
    dump = lab.on("online", "mariadb-dump", "--no-defaults", "-S", online.socket, "sbtest")
    path = lab.work / "dump.sql"
    path.write_text(dump)
    target.sql(f"USE sbtest; SOURCE {path};")
    return [{what: server.count(what) for what in COUNTED} for server in (online, target)]


def counted(online, target, before):
    return [{what: server.count(what) - counts[what] for what in counts}
            for server, counts in zip((online, target), before)]


def test_statements_are_mapped_to_the_targets_ids(databases):
    lab, online, target = databases
    before = load_bench(lab, online, target)
    tcpcopy = replay(lab)
    lab.on("client", *BENCH, "--threads=1", "--events=40", "run")
    checksum = "CHECKSUM TABLE sbtest.sbtest1, sbtest.sbtest2"
    wait_until(lambda: online.sql(checksum) == target.sql(checksum), 30,
               lambda: f"equal tables\n{tcpcopy.log()}")
    done = counted(online, target, before)
    print(done)
    assert done[0]["Com_stmt_execute"] >= 40 * 18
    assert done[0] == done[1]


def test_twenty_connections_and_lost_packets(databases):
    lab, online, target = databases
    before = load_bench(lab, online, target)
    tcpcopy = replay(lab)
    lab.lose(1, destination=ADDRESS["target"])
    lab.lose(1, source=ADDRESS["target"])
    lab.on("client", *BENCH, "--threads=20", "--events=400", "--mysql-ignore-errors=all", "run")
    tcpcopy.wait_for(r"completed:20 live:0 lost:0;", 60)
    done = counted(online, target, before)
    print(done)
    assert done[0] == done[1]


def test_joined_behind_the_login(databases):
    lab, online, target = databases
    before = load_bench(lab, online, target)
    clients = lab.start("client", *BENCH, "--threads=4", "--time=6", "--events=0", "--rate=40",
                        "--db-ps-mode=disable", "run")
    wait_until(lambda: online.count("Com_update") > before[0]["Com_update"], 20)
    tcpcopy = replay(lab, users=USERS + "join = app:sbtest\n")
    wait_until(lambda: not clients.alive(), 60)
    # What stood before the first command that was captured whole is all that is lost.
    tcpcopy.wait_for(r"live:0 lost:4;.*\(packets/bytes/sessions\): no-boundary:\d+/\d+B/4s\n", 30)
    done = counted(online, target, before)
    print(done)
    assert done[0]["Com_update"] / 2 < done[1]["Com_update"] <= done[0]["Com_update"]
