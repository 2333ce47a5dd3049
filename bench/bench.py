#!/usr/bin/env python3
"""Compares msmtp and msmtpd of this tree with Debian's, and with other clients, on the same work in the same run.

bench.py [--quick] [--only PATTERN] [--out FOLDER] | --list | --selftest

It writes results.json and picture.svg to FOLDER (build/bench). What is measured, and how, stands in README.md beside it."""

import argparse
import os
import re
import signal
import sys
import time

import cases
import daemon
import picture
import results
import tools
from clients import OURS, THEIRS, Clients


def run(bench, chosen):
    """All rows, and why others are not there."""
    rows, skipped = [], []
    for case in chosen:
        begin = time.monotonic()
        try:
            for row in case(bench):
                rows.append(row)
                print(row.as_text(), flush=True)
        except tools.Skip as reason:
            skipped.append({"case": case.__name__, "reason": str(reason)})
            print(f"SKIP {case.__name__}: {reason}", flush=True)
        print(f"  ({case.__name__}: {time.monotonic() - begin:.1f} s)", flush=True)
    return rows, skipped


def summary(rows):
    aims = [(row.title, text, fine) for row in rows for text, fine in row.aims()]
    missed = [f"  {title}: {text}" for title, text, fine in aims if not fine]
    print(f"\n{len(aims) - len(missed)} of {len(aims)} aims reached" + (", missed:" if missed else ""))
    print("\n".join(missed))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute instead of a quarter of an hour")
    parser.add_argument("--only", default="", metavar="PATTERN", help="only the cases whose name matches")
    parser.add_argument("--out", default=os.path.join(tools.BUILT, "bench"), metavar="FOLDER")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--selftest", action="store_true", help="test the tools, in a few seconds")
    options = parser.parse_args()
    chosen = [case for case in cases.CASES + daemon.CASES if re.search(options.only, case.__name__)]
    if options.list:
        print("\n".join(case.__name__ for case in chosen))
        return 0
    if options.selftest:
        import selftest
        return selftest.run()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # what was started is stopped then too
    work = tools.Work()
    try:
        clients = Clients(work)
        for label in (OURS, THEIRS):
            if label not in clients.paths:
                print(f"bench: no {label} here: " + ("make all first" if label == OURS else "it cannot be had from apt-get"))
                return 2
        begin, facts = time.monotonic(), results.machine(tools.ROOT, clients)
        print("\n".join(f"{name}: {value}" for name, value in facts.items()), flush=True)
        rows, skipped = run(cases.Bench(work, clients, options.quick), chosen)
    finally:
        work.close()
    summary(rows)
    print(f"{time.monotonic() - begin:.0f} s")
    os.makedirs(options.out, exist_ok=True)
    for name, text in (("results.json", results.as_json(rows, skipped, facts)), ("picture.svg", picture.draw(rows, facts))):
        with open(os.path.join(options.out, name), "w", encoding="utf-8") as file:
            file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
