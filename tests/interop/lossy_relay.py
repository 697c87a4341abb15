#!/usr/bin/env python3
"""A bad network between RADIUS clients and a server: loses and repeats requests and replies.

lossy_relay.py LISTEN_PORT SERVER_PORT SEED PERCENT

All on 127.0.0.1. PERCENT of the datagrams are lost, and as many are sent twice, in each direction.
A line says what happened to each; another, when a request that came again was answered with octets
other than the first time.
"""

import random
import select
import socket
import sys


def main() -> None:
    listen, server, seed, percent = map(int, sys.argv[1:])
    chance = random.Random(seed)
    clients = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    clients.bind(("127.0.0.1", listen))
    # A socket for each client, so that the server's answers find their way back.
    upstream = {}
    # By client and Identifier; and by request, octet by octet.
    requests, answers = {}, {}
    say(f"listening on {listen}")
    while True:
        ready, _, _ = select.select([clients, *upstream], [], [])
        for sock in ready:
            if sock is clients:
                datagram, client = clients.recvfrom(4096)
                to_server = next((s for s, c in upstream.items() if c == client), None)
                if to_server is None:
                    to_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    to_server.connect(("127.0.0.1", server))
                    upstream[to_server] = client
                requests[client, datagram[1]] = datagram
                relay(chance, percent, "request", datagram, to_server.send)
            else:
                try:
                    datagram = sock.recv(4096)
                except ConnectionRefusedError:
                    continue
                client = upstream[sock]
                request = requests.get((client, datagram[1]))
                first = answers.setdefault(request, datagram)
                if first is not datagram:
                    verdict = "same" if first == datagram else "DIFFERENT"
                    say(f"{verdict} answer {datagram[1]} again")
                relay(chance, percent, "reply", datagram, lambda d: clients.sendto(d, client))


def relay(chance, percent, what, datagram, send) -> None:
    if chance.randrange(100) < percent:
        say(f"lost {what} {datagram[1]}")
        return
    send(datagram)
    if chance.randrange(100) < percent:
        say(f"repeated {what} {datagram[1]}")
        send(datagram)


def say(text: str) -> None:
    print(text, flush=True)


main()
