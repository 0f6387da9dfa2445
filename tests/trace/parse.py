#!/usr/bin/env python3
"""parse.py FILE - the packets of a pcap or pcapng file and their flows, a line each: number, time in
ns, captured and wire bytes, what there is (flow, fragment, no-ports, none), the key in hexadecimal
digits or "-". Written apart from the C library, to be compared with it: Ethernet alone, and files that
are not damaged."""
import ipaddress
import struct
import sys

WITH_PORTS = {6, 17, 33, 132, 136}
EXTENSIONS = {0, 43, 60, 135, 139, 140}


def pcap_packets(data):
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    (magic,) = struct.unpack(order + "I", data[:4])
    tick_ns = 1000 if magic == 0xA1B2C3D4 else 1
    at = 24
    while at < len(data):
        seconds, part, captured, wire = struct.unpack(order + "4I", data[at : at + 16])
        at += 16
        yield seconds * 10**9 + part * tick_ns, data[at : at + captured], wire
        at += captured


def blocks(data):
    at, order = 0, "<"
    while at < len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8] == 0x4D else ">"
        kind, size = struct.unpack(order + "II", data[at : at + 8])
        yield order, kind, data[at + 8 : at + size - 4]
        at += size


def tick_of(order, options):
    """Ticks per second."""
    while len(options) >= 4:
        code, size = struct.unpack(order + "HH", options[:4])
        if code == 0:
            break
        if code == 9:
            value = options[4]
            return 2 ** (value & 127) if value & 128 else 10**value
        options = options[4 + (size + 3) // 4 * 4 :]
    return 10**6


def pcapng_packets(data):
    ticks = []
    for order, kind, body in blocks(data):
        if kind == 0x0A0D0D0A:
            ticks = []
        elif kind == 1:
            ticks.append(tick_of(order, body[8:]))
        elif kind == 6:
            interface, high, low, captured, wire = struct.unpack(order + "5I", body[:20])
            time_ns = ((high << 32) + low) * 10**9 // ticks[interface]
            yield time_ns, body[20 : 20 + captured], wire


def transport(protocol, icmp, payload):
    """(what, ports)"""
    if protocol in WITH_PORTS:
        return "flow", payload[:4]
    if protocol == icmp:
        return "flow", bytes([0, payload[0], 0, payload[1]])
    return "no-ports", bytes(4)


def ipv4(packet):
    source, destination = (ipaddress.IPv4Address(packet[i : i + 4]).packed for i in (12, 16))
    protocol = packet[9]
    if struct.unpack("!H", packet[6:8])[0] & 0x1FFF:
        what, ports = "fragment", bytes(4)
    else:
        what, ports = transport(protocol, 1, packet[(packet[0] & 15) * 4 :])
    return what, source + destination + ports + bytes([protocol])


def ipv6(packet):
    source, destination = (ipaddress.IPv6Address(packet[i : i + 16]).packed for i in (8, 24))
    protocol, payload = packet[6], packet[40:]
    what = None
    while what is None:
        if protocol in EXTENSIONS:
            protocol, payload = payload[0], payload[(payload[1] + 1) * 8 :]
        elif protocol == 44:
            is_later = struct.unpack("!H", payload[2:4])[0] >> 3
            protocol, payload = payload[0], payload[8:]
            if is_later:
                what, ports = "fragment", bytes(4)
        else:
            what, ports = transport(protocol, 58, payload)
    return what, source + destination + ports + bytes([protocol])


def flow(frame):
    at = 12
    while frame[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    kind = frame[at : at + 2]
    if kind == b"\x08\x00":
        return ipv4(frame[at + 2 :])
    if kind == b"\x86\xdd":
        return ipv6(frame[at + 2 :])
    return "none", b""


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    is_pcapng = data[:4] == b"\x0a\x0d\x0d\x0a"
    packets = pcapng_packets(data) if is_pcapng else pcap_packets(data)
    for number, (time_ns, frame, wire) in enumerate(packets):
        what, key = flow(frame)
        print(number, time_ns, len(frame), wire, what, key.hex() or "-")


main()
