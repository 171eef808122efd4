#!/usr/bin/python3
"""untilgood.py N MARK COMMAND...: runs imgfetch --json until N rows whose URLs have MARK are
successes, and stops it. Status 1 if it ends before, or if one of these rows fails."""
import os
import signal
import subprocess
import sys


def main():
    wanted, mark = int(sys.argv[1]), sys.argv[2].encode()
    run = subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE, start_new_session=True)
    good = bad = 0
    for line in run.stdout:
        if mark in line:
            good += b'"status":"success"' in line
            bad += b'"status":"success"' not in line
        if good == wanted or bad:
            break
    os.killpg(run.pid, signal.SIGKILL)  # with its decoders
    run.wait()
    if good < wanted:
        print(f"{good} of {wanted} good rows, {bad} failed")
    return good < wanted


if __name__ == "__main__":
    sys.exit(main())
