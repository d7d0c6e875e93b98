# SPDX-License-Identifier: Apache-2.0
"""A web server that keeps what SNS sends it."""

import http.server
import json
import threading
import time


class Receiver:
    """An HTTP server that keeps what it is sent. `answers` are given first, then 200."""

    def __init__(self, answers=()):
        self.requests, self.answers = [], list(answers)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((dict(self.headers.items()), body.decode(), time.monotonic()))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            request_queue_size = 128

        self.server = Listener(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def of_type(self, kind):
        return [(h, b) for h, b, _ in self.requests if h["x-amz-sns-message-type"] == kind]

    def notifications(self):
        return [json.loads(b) for _, b in self.of_type("Notification")]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
