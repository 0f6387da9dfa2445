#!/usr/bin/env python3
"""talk.py - small programs that talk over a network.

    talk.py serve                     UDP 53: answers names; TCP and UDP 5201: swallows bytes
    talk.py names ADDRESS COUNT       COUNT questions, each from a port of its own
    talk.py ping ADDRESS COUNT        echo requests, and their replies awaited
    talk.py stream ADDRESS BYTES      one TCP connection
    talk.py datagrams ADDRESS COUNT SIZE PORT
"""
import select
import socket
import struct
import sys

NAMES, SINK = 53, 5201


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def open_server(kind, port):
    s = socket.socket(socket.AF_INET6, kind)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        s.listen()
    return s


def answer(query):
    """The query's number and question, and one address (RFC 1035, section 4.1)."""
    head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
    record = struct.pack("!HHHIH4B", 0xC00C, 1, 1, 300, 4, 192, 0, 2, query[1])
    return head + query[12:] + record


def serve():
    names = open_server(socket.SOCK_DGRAM, NAMES)
    datagrams = open_server(socket.SOCK_DGRAM, SINK)
    streams = open_server(socket.SOCK_STREAM, SINK)
    connections = []
    print("ready", flush=True)
    while True:
        for s in select.select([names, datagrams, streams, *connections], [], [])[0]:
            if s is names:
                query, sender = s.recvfrom(512)
                s.sendto(answer(query), sender)
            elif s is datagrams:
                s.recv(65536)
            elif s is streams:
                connections.append(s.accept()[0])
            elif not s.recv(1 << 20):
                connections.remove(s)
                s.close()


def names(address, count):
    for number in range(int(count)):
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as s:
            s.settimeout(30)
            s.connect((address, NAMES))
            name = b"\x04host\x07example\x03org\x00" if number % 2 else b"\x07example\x03org\x00"
            s.send(struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1))
            if struct.unpack("!H", s.recv(512)[:2])[0] != number:
                sys.exit(f"another answer than that to question {number}")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping(address, count):
    is_ipv6 = ":" in address
    protocol = socket.IPPROTO_ICMPV6 if is_ipv6 else socket.IPPROTO_ICMP
    with socket.socket(family_of(address), socket.SOCK_RAW, protocol) as s:
        s.settimeout(30)
        for number in range(int(count)):
            body = struct.pack("!HH", 7, number) + bytes(range(56))
            kind, reply = (128, 129) if is_ipv6 else (8, 0)
            total = 0 if is_ipv6 else checksum(struct.pack("!BBH", kind, 0, 0) + body)
            s.sendto(struct.pack("!BBH", kind, 0, total) + body, (address, 0))
            while True:
                got = s.recv(2048)
                if got[0 if is_ipv6 else 20] == reply:
                    break


def stream(address, size):
    with socket.create_connection((address, SINK), timeout=30) as s:
        s.sendall(bytes(int(size)))
        s.shutdown(socket.SHUT_WR)
        s.recv(1)


def datagrams(address, count, size, port):
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as s:
        for _ in range(int(count)):
            s.sendto(bytes(int(size)), (address, int(port)))


programs = {f.__name__: f for f in (serve, names, ping, stream, datagrams)}
if len(sys.argv) < 2 or sys.argv[1] not in programs:
    sys.exit(__doc__)
programs[sys.argv[1]](*sys.argv[2:])
