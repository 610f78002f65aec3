#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""job.py: what a data job does. rows FILE: writes a table; sum FILE OUT: groups and sums it; store FILE DATABASE: puts it
into SQLite and asks for sums. For scripts/bench --whole; standard library only."""

import collections
import csv
import json
import os
import sqlite3
import sys

ROWS = 20000


def rows(path):
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        for i in range(ROWS):
            writer.writerow([i, f"customer-{i * 7919 % 997}", i * 31 % 10007])


def read(path):
    with open(path, newline="", encoding="ascii") as file:
        for number, customer, amount in csv.reader(file):
            yield int(number), customer, int(amount)


def sums(path, out):
    total = collections.Counter()
    for _, customer, amount in read(path):
        total[customer] += amount
    with open(out, "w", encoding="ascii") as file:
        json.dump(total, file)


def store(path, database):
    if os.path.exists(database):
        os.unlink(database)
    db = sqlite3.connect(database)
    with db:
        db.execute("CREATE TABLE orders(number INTEGER PRIMARY KEY, customer TEXT, amount INTEGER)")
        db.executemany("INSERT INTO orders VALUES(?,?,?)", read(path))
        db.execute("CREATE INDEX by_customer ON orders(customer)")
    assert len(db.execute("SELECT customer, sum(amount) FROM orders GROUP BY customer").fetchall()) == 997
    db.close()


if __name__ == "__main__":
    {"rows": rows, "sum": sums, "store": store}[sys.argv[1]](*sys.argv[2:])
