"""Turns namespaces that were just made into a network of their own, then becomes the given program.

Loopback comes up, and two files are hidden by others of the same kind: the machine's host names, and the certificates
that Python's `requests` trusts, which are those of `certifi` whatever the environment says. Nobody outside sees either,
and it all goes with the last process inside.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

import certifi

SIOCSIFFLAGS = 0x8914
IFF_UP_AND_RUNNING = 0x1 | 0x40
MS_BIND = 0x1000


def bring_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP_AND_RUNNING))


def hide(file, by):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(by.encode(), file.encode(), None, ctypes.c_ulong(MS_BIND), None) != 0:
        raise OSError(ctypes.get_errno(), f"cannot mount {by} over {file}")


hosts, trusted, *program = sys.argv[1:]
bring_up_loopback()
hide("/etc/hosts", by=hosts)
hide(certifi.where(), by=trusted)
os.execv(program[0], program)
