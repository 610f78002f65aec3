#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The load of soak.bats and what must be true after it.

usage: soak.py load SECONDS FOLDER LOG   run processes of paul for so long; a line of JSON of each that ended
       soak.py check LOG JOURNAL         JOURNAL: what "sluice journal --json" printed; an error for each broken rule

FOLDER has secret/rows (asked about), denied/file (refused), plain/note (free) and copies, which is empty.
"""
import collections
import json
import os
import random
import subprocess
import sys
import threading
import time

USER = 2002
WORKERS = 6
SEND = 'read -r row <"$0" && echo "$row" >/dev/tcp/10.9.0.2/9000'
FORKS = 'for i in 1 2 3 4 5; do (:) & done; wait'


class Load:
    def __init__(self, seconds, folder, log):
        self.end = time.monotonic() + seconds
        self.secret = os.path.join(folder, 'secret/rows')
        self.denied = os.path.join(folder, 'denied/file')
        self.plain = os.path.join(folder, 'plain/note')
        self.copies = os.path.join(folder, 'copies')
        self.log = open(log, 'w')
        self.lock = threading.Lock()
        self.number = 0

    def copy(self):
        with self.lock:
            self.number += 1
            return os.path.join(self.copies, str(self.number % 20))

    def command(self, kind):
        return {
            'open': lambda: ['cat', self.secret],
            'send': lambda: ['bash', '-c', SEND, self.secret],
            'copy': lambda: ['cp', self.secret, self.copy()],
            'reread': lambda: ['cat', os.path.join(self.copies, random.choice(os.listdir(self.copies) or ['none']))],
            'denied': lambda: ['cat', self.denied],
            'free': lambda: ['cat', self.plain],
            'forks': lambda: ['bash', '-c', FORKS],
        }[kind]()

    def work(self):
        while time.monotonic() < self.end:
            kind = random.choice(('open', 'send', 'copy', 'reread', 'denied', 'free', 'forks'))
            process = subprocess.Popen(self.command(kind), user=USER, group=USER, extra_groups=[], umask=0,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            status = process.wait()
            with self.lock:
                print(json.dumps({'pid': process.pid, 'kind': kind, 'status': status}), file=self.log, flush=True)

    def run(self):
        workers = [threading.Thread(target=self.work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def used_grants(entries):
    """Which process used a grant for which action; and each link from that back to a person."""
    bad, used = [], collections.defaultdict(set)
    opened, approved, issued = set(), set(), {}
    for e in entries:
        kind = e.get('type')
        if kind == 'request.opened':
            opened.add(e['request'])
        elif kind == 'decision':
            if e['request'] not in opened:
                bad.append(f'entry {e["seq"]}: a decision on {e["request"]}, which nobody asked')
            if e['approve']:
                approved.add(e['request'])
        elif kind == 'grant.issued':
            issued[e['grant']] = e['request']
            if e['request'] not in approved:
                bad.append(f'entry {e["seq"]}: {e["grant"]} was issued, and nobody approved {e["request"]}')
        elif kind == 'grant.used':
            used[e['subject']['pid']].add(e['action'])
            if e['grant'] not in issued:
                bad.append(f'entry {e["seq"]}: {e["grant"]} was used and never issued')
    return bad, used


def check(log, journal):
    with open(journal) as lines:
        entries = [e for e in map(json.loads, lines) if 'seq' in e]
    with open(log) as lines:
        runs = [json.loads(line) for line in lines]
    bad, used = used_grants(entries)
    wants = {'open': {'open'}, 'copy': {'open'}, 'send': {'open', 'egress'}}
    for run in runs:
        kind, pid, passed = run['kind'], run['pid'], run['status'] == 0
        if passed and not wants.get(kind, set()) <= used[pid]:
            bad.append(f'process {pid} ({kind}) went through with no grant for {wants[kind] - used[pid]}')
        if kind == 'denied' and passed:
            bad.append(f'process {pid} read what a rule denies')
        if kind in ('free', 'forks') and not passed:
            bad.append(f'process {pid} ({kind}) is free and ended with {run["status"]}')
    print(collections.Counter((run['kind'], 'passed' if run['status'] == 0 else 'refused') for run in runs))
    # Else nothing was tested.
    for kind in wants:
        if {run['status'] == 0 for run in runs if run['kind'] == kind} != {True, False}:
            bad.append(f'of the kind "{kind}" not both some passed and some were refused')
    print('\n'.join(bad))
    return not bad


def main():
    if len(sys.argv) == 5 and sys.argv[1] == 'load':
        Load(float(sys.argv[2]), *sys.argv[3:]).run()
    elif len(sys.argv) == 4 and sys.argv[1] == 'check':
        sys.exit(not check(*sys.argv[2:]))
    else:
        sys.exit(__doc__)


main()
