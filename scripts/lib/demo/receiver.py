#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""receiver.py ADDRESS PORT FOLDER: the partner outside: keeps what is PUT, whole files only.

Owns: receiving. Must not own: any judgement of it."""

import http.server
import os
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = None

    def do_PUT(self):
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        path = os.path.join(self.folder, os.path.basename(self.path))
        if len(body) == size:
            with open(path + ".part", "wb") as file:
                file.write(body)
            os.rename(path + ".part", path)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.log_message("received %s, %d bytes", os.path.basename(path), len(body))

    def log_message(self, format, *args):
        print(format % args, flush=True)


def main():
    address, port, Handler.folder = sys.argv[1:]
    http.server.ThreadingHTTPServer((address, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
