#!/usr/bin/python3
"""stopthread.py PID NAME SECONDS: stops the thread of that name for a while, by ptrace(2)."""
import ctypes
import os
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # __WALL of waitpid(2)
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, tid):
    if libc.ptrace(request, tid, None, None) < 0:
        sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")


pid, name, seconds = sys.argv[1:]
tasks = f"/proc/{pid}/task"
tids = [t for t in os.listdir(tasks) if open(f"{tasks}/{t}/comm").read().strip() == name]
if not tids:
    sys.exit(f"no thread {name}")
for tid in map(int, tids):
    ptrace(PTRACE_SEIZE, tid)
    ptrace(PTRACE_INTERRUPT, tid)
    os.waitpid(tid, WALL)
time.sleep(float(seconds))
for tid in map(int, tids):
    ptrace(PTRACE_DETACH, tid)
