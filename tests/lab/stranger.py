"""Somebody on the control channel who does not speak it.

    stranger.py send ADDRESS PORT HEX     connects, sends the bytes and is silent
    stranger.py serve PORT HEX            sends the bytes to each who connects and is silent

Prints `closed` for each connection that the other side ended.
"""

import socket
import sys
import threading


def say(connection, data):
    connection.sendall(data)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    print("closed", flush=True)


def serve(port, data):
    listener = socket.create_server(("0.0.0.0", port))
    print("listening", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=say, args=(connection, data), daemon=True).start()


def main():
    data = bytes.fromhex(sys.argv[-1])
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), data)
    else:
        say(socket.create_connection((sys.argv[2], int(sys.argv[3]))), data)


if __name__ == "__main__":
    main()
