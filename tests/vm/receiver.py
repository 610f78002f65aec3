#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Listeners for the tests: everything that comes to port N is appended to FOLDER/tcp-N or udp-N.

usage: receiver.py FOLDER. IPv4 and IPv6, TCP 9000 to 9004 and 5432, UDP 9000 to 9002; 8080 takes HTTP PUT and POST.
5432 answers each connection with "row". FOLDER/ready appears when all of them listen.
"""
import http.server
import os
import selectors
import socket
import sys
import threading

folder = sys.argv[1]
TCP = [9000, 9001, 9002, 9003, 9004, 5432]
UDP = [9000, 9001, 9002]


def keep(name, data):
    with open(os.path.join(folder, name), "ab") as out:
        out.write(data)


def dual(kind, port):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        sock.listen(64)
    return sock


class Upload(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        keep("tcp-8080", self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def accept(sock, port):
    conn, _ = sock.accept()
    if port == 5432:
        conn.sendall(b"row\n")
    selector.register(conn, selectors.EVENT_READ, (read, port))


def read(conn, port):
    try:
        data = conn.recv(65536)
    except OSError:
        data = b""
    if data:
        keep(f"tcp-{port}", data)
    else:
        keep(f"tcp-{port}-closed", b"x")
        selector.unregister(conn)
        conn.close()


def datagram(sock, port):
    keep(f"udp-{port}", sock.recv(65536) + b"\n")


selector = selectors.DefaultSelector()
for number in TCP:
    selector.register(dual(socket.SOCK_STREAM, number), selectors.EVENT_READ, (accept, number))
for number in UDP:
    selector.register(dual(socket.SOCK_DGRAM, number), selectors.EVENT_READ, (datagram, number))
threading.Thread(target=Server(("::", 8080), Upload).serve_forever, daemon=True).start()
open(os.path.join(folder, "ready"), "w").close()
while True:
    for key, _ in selector.select():
        key.data[0](key.fileobj, key.data[1])
