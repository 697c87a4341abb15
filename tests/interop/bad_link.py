#!/usr/bin/env python3
"""A link that loses Ethernet frames between two interfaces, or one to a server that stops.

usage: bad_link.py frames SEED PERCENT INTERFACE INTERFACE
       bad_link.py answers LIMIT LISTEN_PORT SERVER_PORT

Prints a line "lost N" with each frame that is lost; "stopped" when the server has given that many
answers: from then on nothing is carried.
"""

import random
import select
import socket
import sys

PACKET_OUTGOING = 4
ETH_P_EAPOL = 0x888E
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1


def interface(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_EAPOL))
    link.bind((name, ETH_P_EAPOL))
    index = socket.if_nametoindex(name)
    request = index.to_bytes(4, sys.byteorder) + PACKET_MR_PROMISC.to_bytes(2, sys.byteorder)
    link.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request + bytes(10))
    return link


def frames(seed, percent, left, right):
    chance, lost = random.Random(int(seed)), 0
    links = [interface(left), interface(right)]
    print("carrying", flush=True)
    while True:
        for link in select.select(links, [], [])[0]:
            frame, (_, _, kind, *_) = link.recvfrom(2048)
            if kind == PACKET_OUTGOING:
                continue
            if chance.randrange(100) < int(percent):
                lost += 1
                print("lost", lost, flush=True)
                continue
            links[1 - links.index(link)].send(frame)


def answers(limit, listen, server):
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind(("127.0.0.1", int(listen)))
    far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.connect(("127.0.0.1", int(server)))
    print("carrying", flush=True)
    for _ in range(int(limit)):
        request, client = near.recvfrom(4096)
        far.send(request)
        near.sendto(far.recv(4096), client)
    print("stopped", flush=True)
    while True:
        near.recv(4096)


if __name__ == "__main__":
    {"frames": frames, "answers": answers}[sys.argv[1]](*sys.argv[2:])
