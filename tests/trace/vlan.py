#!/usr/bin/env python3
"""vlan.py INTERFACE NUMBER NAME - a VLAN interface NAME on INTERFACE, for kernels that have no module
for it: a TAP device whose frames go out with a tag, and that gets the frames that come in with it.
Says "ready" when it is up."""
import errno
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF, IFF_TAP_NO_PI = 0x400454CA, 0x1002
ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 3, 263, 8, 4
FRAME_MAX = 65536


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return tap


def number_of(ancillary):
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", data[:20])
            return tci & 0xFFF if status & 0x10 else None
    return None


def deliver(tap, frame):
    try:
        os.write(tap, frame)
    except OSError as error:
        if error.errno != errno.EIO:  # the interface is not up yet: the frame is lost
            raise


def main():
    interface, number, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    tap = open_tap(name)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.bind((interface, ETH_P_ALL))
    tag = struct.pack("!HH", 0x8100, number)
    print("ready", flush=True)
    while True:
        for ready in select.select([tap, wire], [], [])[0]:
            if ready is wire:
                frame, ancillary, _, sender = wire.recvmsg(FRAME_MAX, 256)
                if sender[2] != PACKET_OUTGOING and number_of(ancillary) == number:
                    deliver(tap, frame)
            else:
                frame = os.read(tap, FRAME_MAX)
                wire.send(frame[:12] + tag + frame[12:])


main()
