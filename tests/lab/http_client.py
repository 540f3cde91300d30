"""Clients of the web server: connections that stay for a while, pauses for thought, a few uploads.

    http_client.py ADDRESS PORT CLIENTS SECONDS [PAUSE_MS]
"""

import http.client
import random
import sys
import threading
import time

REQUESTS = (20, 120)  # on one connection
RESPONSE_BYTES = (10, 4000)
UPLOAD_BYTES = (20_000, 200_000)
UPLOAD_SHARE = 0.005
failures = []


def talk(connection, name, rng, pause, end):
    for _ in range(rng.randint(*REQUESTS)):
        if rng.random() < UPLOAD_SHARE:
            body = rng.randbytes(rng.randint(*UPLOAD_BYTES))
            connection.request("POST", "/", body, {"X-Connection": name})
        else:
            path = f"/{rng.randint(*RESPONSE_BYTES)}"
            connection.request("GET", path, headers={"X-Connection": name})
        response = connection.getresponse()
        response.read()
        assert response.status == 200, response.status
        time.sleep(pause * rng.uniform(0.5, 1.5))
        if time.monotonic() > end:
            return


def be_client(address, number, pause, end):
    rng = random.Random(number)
    index = 0
    while time.monotonic() < end:
        name = f"{number}-{index}"
        index += 1
        connection = http.client.HTTPConnection(*address, timeout=30)
        try:
            talk(connection, name, rng, pause, end)
        except (OSError, http.client.HTTPException, AssertionError) as error:
            failures.append(f"{name}: {error!r}")
            return
        finally:
            connection.close()


def main():
    host, port, clients, seconds = sys.argv[1:5]
    pause = int(sys.argv[5]) / 1000 if len(sys.argv) > 5 else 0.02
    end = time.monotonic() + float(seconds)
    threads = [threading.Thread(target=be_client, args=((host, int(port)), n, pause, end))
               for n in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        print("failed", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
