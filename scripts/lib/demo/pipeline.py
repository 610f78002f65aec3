#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pipeline.py [upload | root]: the pipeline of the demonstration. It knows nothing of Sluice.

upload: read the customers, write the best ones of each country into a file, let curl send it to the partner.
root: read the customers, then become root with su.

Owns: that work. Must not own: any check of what happened (demo-guest does that)."""

import csv
import sqlite3
import subprocess
import sys

DATABASE = "file:/srv/customers/customers.db?mode=ro"
EXPORT = "/srv/pipeline/export.csv"
PARTNER = "http://partner.example:8080/export.csv"
BEST = """SELECT country, name, email, spent FROM (
    SELECT *, row_number() OVER (PARTITION BY country ORDER BY spent DESC, id) AS place FROM customers)
    WHERE place <= 50 ORDER BY country, place"""


def say(text):
    print(f"pipeline: {text}", flush=True)


def read():
    database = sqlite3.connect(DATABASE, uri=True)
    count = database.execute("SELECT count(*) FROM customers").fetchone()[0]
    rows = database.execute(BEST).fetchall()
    database.close()
    say(f"read {count} customers")
    return rows


def upload():
    rows = read()
    with open(EXPORT, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("country", "name", "email", "spent"))
        writer.writerows(rows)
    say(f"wrote {len(rows)} rows to {EXPORT}")
    say(f"uploading to {PARTNER}")
    return subprocess.run(["curl", "-sS", "--fail", "-T", EXPORT, PARTNER], check=False).returncode


def root():
    read()
    say("becoming root")
    try:
        return subprocess.run(["/usr/bin/su", "-c", "id", "root"], check=False).returncode
    except OSError as error:
        say(f"cannot run su: {error.strerror}")
        return 126


def main():
    status = {"upload": upload, "root": root}[sys.argv[1]]()
    say("done" if status == 0 else f"failed, status {status}")
    return status


if __name__ == "__main__":
    sys.exit(main())
