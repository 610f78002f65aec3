#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""customers.py DATABASE: writes the customers of the demonstration, the same ones each time.

Owns: the made-up data. Must not own: what is done with it (pipeline.py)."""

import random
import sqlite3
import sys

FIRST = ("Ada", "Bela", "Cem", "Dora", "Emil", "Fritzi", "Gala", "Hugo", "Ines", "Jan")
LAST = ("Adler", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Horvat")
COUNTRIES = ("AT", "CZ", "DE", "DK", "ES", "FR", "HR", "IT", "NO", "PT")


def customers(count):
    chance = random.Random(4711)
    for number in range(count):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        yield (number, f"{first} {last}", f"{first}.{last}.{number}@mail.example".lower(), chance.choice(COUNTRIES),
               chance.randint(10, 9000))


def main():
    database = sqlite3.connect(sys.argv[1])
    with database:
        database.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, country TEXT, spent INTEGER)")
        database.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", customers(5000))
    database.close()


if __name__ == "__main__":
    main()
