#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speaks to sluiced's sockets as its own programs never would.

usage: speak.py bad SOCKET            each malformed message on a connection of its own; prints "CASE: ended|answered"
       speak.py decide ID DIGEST      a decision as it stands; prints errno and text of the answer
       speak.py crowd SOCKET N        N connections at once; prints how many stayed open
"""
import os
import re
import socket
import struct
import sys

MAGIC = 0x534C5543
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../include/ipc.h")) as ipc:
    VERSION = int(re.search(r"#define IPC_VERSION (\d+)", ipc.read())[1])
STATUS, DECIDE, RESULT, HELLO, DELIVERY, NOTIFY = 2, 6, 1, 100, 102, 101


def header(kind, size, magic=MAGIC, version=VERSION, pad=0):
    return struct.pack("=IHHII", magic, version, kind, size, pad)


def decide(ident, digest, approve=1):
    body = struct.pack("=16s65sBBBI512s", ident.encode(), digest.encode(), approve, 0, 0, 0, b"speak")
    return header(DECIDE, len(body)) + body


def connect(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(30)
    sock.connect(path)
    return sock


BAD = {
    "garbage": b"\xff" * 64,
    "one byte": b"x",
    "half a header": header(STATUS, 0)[:8],
    "another magic": header(STATUS, 0, magic=1),
    "another version": header(STATUS, 0, version=2 * VERSION),
    "padding not zero": header(STATUS, 0, pad=1),
    "unknown type": header(4242, 0),
    "an answer's type": header(RESULT, 1032) + bytes(1032),
    "a payload too short": decide("r-00000000", "00000000")[:-1],
    "a payload too long": decide("r-00000000", "00000000") + b"\0",
    "a size that is a lie": header(DECIDE, 1 << 31) + bytes(600),
    "text without an end": header(DECIDE, 600) + b"a" * 600,
    "a status with a payload": header(STATUS, 4) + bytes(4),
    "very long": header(STATUS, 100000) + bytes(100000),
    "what only the daemon says": header(NOTIFY, 64) + bytes(64),
}
NOT_PERMITTED = {
    "control.sock": {"hello": header(HELLO, 264) + bytes(264)},
    "gateway.sock": {
        "status": header(STATUS, 0),
        "decide": decide("r-00000000", "00000000"),
        "delivery before hello": header(DELIVERY, 312) + bytes(312),
    },
}


def bad(path):
    cases = dict(BAD)
    cases.update(NOT_PERMITTED[path.rsplit("/", 1)[1]])
    for name, message in cases.items():
        sock = connect(path)
        try:
            sock.send(message)
            answer = sock.recv(65536)
        except ConnectionError:
            answer = b""
        print(f"{name}: {'answered' if answer else 'ended'}")
        sock.close()


def answer_to(message):
    sock = connect("/run/sluice/control.sock")
    sock.send(message)
    data = sock.recv(65536)
    if not data:
        print("ended")
        return
    error, _, text = struct.unpack("=iI1024s", data[16:])
    print(error, text.split(b"\0")[0].decode())


def crowd(path, n):
    socks = []
    for _ in range(n):
        try:
            socks.append(connect(path))
        except ConnectionError:
            break
    stayed = 0
    for sock in socks:
        try:
            sock.send(header(STATUS, 0))
            stayed += bool(sock.recv(65536))
        except ConnectionError:
            pass
    print(stayed)


if __name__ == "__main__":
    if sys.argv[1] == "bad":
        bad(sys.argv[2])
    elif sys.argv[1] == "decide":
        answer_to(decide(sys.argv[2], sys.argv[3]))
    else:
        crowd(sys.argv[2], int(sys.argv[3]))
