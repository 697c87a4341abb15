#!/usr/bin/env python3
"""A RADIUS server that sends an EAP Notification before MD5-Challenge.

hostapd's own EAP server never sends a Notification; as a pass-through authenticator it carries
one. This is the backend for that: RFC 2865, RFC 3579, RFC 3748 section 5.2, one user.

usage: notifying_radius.py PORT SECRET USER PASSWORD MESSAGE
"""

import hashlib
import hmac
import os
import socket
import struct
import sys

ACCEPT, REJECT, CHALLENGE = 2, 3, 11
EAP_MESSAGE, MESSAGE_AUTHENTICATOR = 79, 80
IDENTITY, NOTIFICATION, MD5_CHALLENGE = 1, 2, 4


def attributes(packet):
    rest = packet[20:]
    while rest:
        kind, length = rest[0], rest[1]
        yield kind, rest[2:length]
        rest = rest[length:]


def attribute(kind, value):
    return bytes([kind, len(value) + 2]) + value


def reply(request, code, eap, secret):
    body = b"".join(attribute(EAP_MESSAGE, eap[i : i + 253]) for i in range(0, len(eap), 253))
    length = 20 + len(body) + 18
    head = struct.pack("!BBH", code, request[1], length)
    authenticator = request[4:20]
    unsigned = body + attribute(MESSAGE_AUTHENTICATOR, bytes(16))
    mac = hmac.new(secret, head + authenticator + unsigned, hashlib.md5).digest()
    signed = body + attribute(MESSAGE_AUTHENTICATOR, mac)
    return head + hashlib.md5(head + authenticator + signed + secret).digest() + signed


def eap_request(identifier, kind, data):
    return struct.pack("!BBHB", 1, identifier, 5 + len(data), kind) + data


def main():
    port, secret, user, password, message = sys.argv[1:]
    secret, password = secret.encode(), password.encode()
    challenge = os.urandom(16)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", int(port)))
    print("listening", flush=True)
    while True:
        request, address = server.recvfrom(4096)
        eap = b"".join(value for kind, value in attributes(request) if kind == EAP_MESSAGE)
        identifier, kind, data = eap[1], eap[4], eap[5:]
        following = (identifier + 1) % 256
        if kind == IDENTITY:
            print("identity", data.decode(), flush=True)
            code, answer = CHALLENGE, eap_request(following, NOTIFICATION, message.encode())
        elif kind == NOTIFICATION:
            print("notification acknowledged", flush=True)
            value = bytes([16]) + challenge + b"radius"
            code, answer = CHALLENGE, eap_request(following, MD5_CHALLENGE, value)
        elif kind == MD5_CHALLENGE:
            expected = hashlib.md5(bytes([identifier]) + password + challenge).digest()
            right = data[1:17] == expected
            print("password", "right" if right else "wrong", flush=True)
            code = ACCEPT if right else REJECT
            answer = struct.pack("!BBH", 3 if right else 4, identifier, 4)
        else:
            continue
        server.sendto(reply(request, code, answer, secret), address)


main()
