#!/usr/bin/env python3
"""capture.py INTERFACE OUTPUT SNAPLEN - what passes an interface, both ways, as OUTPUT.pcap
(microseconds) and OUTPUT.pcapng (nanoseconds). Says "ready" when it captures; SIGTERM ends it.

The kernel takes the outer VLAN tag out of a frame and hands it over beside it; it is put back."""
import signal
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
LINKTYPE_ETHERNET = 1
FRAME_MAX = 1 << 18


def open_socket(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    s.bind((interface, ETH_P_ALL))
    s.settimeout(0.2)
    return s


def tag_of(auxdata):
    status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", auxdata[:20])
    if not status & TP_STATUS_VLAN_VALID:
        return b""
    return struct.pack("!HH", tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100, tci)


def receive(s):
    """(time in ns, frame) of one packet."""
    frame, ancillary, _, _ = s.recvmsg(FRAME_MAX, 512)
    time_ns, tag = 0, b""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, ns = struct.unpack("=qq", data[:16])
            time_ns = seconds * 10**9 + ns
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            tag = tag_of(data)
    return time_ns, frame[:12] + tag + frame[12:]


def capture(s):
    packets, is_over = [], []
    signal.signal(signal.SIGTERM, lambda *_: is_over.append(True))
    print("ready", flush=True)
    while True:
        try:
            packets.append(receive(s))
        except TimeoutError:
            if is_over:
                return packets


def write_pcap(path, snaplen, packets):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, LINKTYPE_ETHERNET))
        for time_ns, frame in packets:
            seconds, ns = divmod(time_ns, 10**9)
            cut = frame[:snaplen]
            out.write(struct.pack("<IIII", seconds, ns // 1000, len(cut), len(frame)) + cut)


def padded(data):
    return data + bytes(-len(data) % 4)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + padded(value)


def block(kind, body):
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def write_pcapng(path, interface, snaplen, packets):
    end = option(0, b"")
    with open(path, "wb") as out:
        section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
        out.write(block(0x0A0D0D0A, section + option(4, b"capture.py") + end))
        description = struct.pack("<HHI", LINKTYPE_ETHERNET, 0, snaplen)
        name, resolution = option(2, interface.encode()), option(9, b"\x09")
        out.write(block(1, description + name + resolution + end))
        out.write(block(4, struct.pack("<HH", 0, 0)))  # name resolution, without a name
        for time_ns, frame in packets:
            cut = frame[:snaplen]
            head = struct.pack("<IIIII", 0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(cut), len(frame))
            out.write(block(6, head + padded(cut)))
        last = packets[-1][0] if packets else 0
        statistics = struct.pack("<III", 0, last >> 32, last & 0xFFFFFFFF)
        out.write(block(5, statistics + option(4, struct.pack("<Q", len(packets))) + end))


def main():
    interface, output, snaplen = sys.argv[1], sys.argv[2], int(sys.argv[3])
    packets = capture(open_socket(interface))
    write_pcap(output + ".pcap", snaplen, packets)
    write_pcapng(output + ".pcapng", interface, snaplen, packets)


main()
