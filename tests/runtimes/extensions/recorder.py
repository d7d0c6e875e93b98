#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An external extension for tests. It writes what happens to it as lines of JSON into $TRACE.

$EVENTS: comma separated events to register for. $SLEEP_MS: how long an INVOKE takes.
$CRASH: "start", "register", "init", "invoke", "exit": where it fails. $TELEMETRY: "http", "tcp" or
"logs" subscribes to telemetry. Another name than the file's is no excuse: it registers as itself.
"""

import http.client
import http.server
import json
import os
import socketserver
import sys
import threading
import time

NAME = os.path.basename(sys.argv[0])
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
CRASH = os.environ.get("CRASH", "")
TELEMETRY = os.environ.get("TELEMETRY", "")
LOCK = threading.Lock()


def trace(what, **fields):
    with LOCK, open(os.environ["TRACE"], "a") as file:
        file.write(json.dumps({"name": NAME, "what": what, **fields}) + "\n")


def call(method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(API)
    connection.request(method, path, body and json.dumps(body), headers or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, json.loads(text) if text else None


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for event in events:
            trace("telemetry", event=event)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            trace("telemetry", event=json.loads(line))


def subscribe(identifier):
    tcp = TELEMETRY == "tcp"
    if tcp:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Lines)
    else:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    logs = TELEMETRY == "logs"
    destination = (
        {"protocol": "TCP", "port": port}
        if tcp
        else {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{port}/events"}
    )
    answer, body = call(
        "PUT",
        "/2020-08-15/logs" if logs else "/2022-07-01/telemetry",
        {
            "schemaVersion": "2020-08-15" if logs else "2022-07-01",
            "types": ["platform", "function", "extension"],
            "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
            "destination": destination,
        },
        {"Lambda-Extension-Identifier": identifier},
    )
    trace("subscribed", status=answer.status, body=body)


def main():
    print(NAME, "starts")
    sys.stdout.flush()
    if CRASH == "start":
        sys.exit(4)
    answer, body = call(
        "POST",
        "/2020-01-01/extension/register",
        {"events": os.environ.get("EVENTS", "INVOKE,SHUTDOWN").split(",")},
        {"Lambda-Extension-Name": NAME, "Lambda-Extension-Accept-Feature": "accountId"},
    )
    identifier = answer.headers["Lambda-Extension-Identifier"]
    trace(
        "registered",
        status=answer.status,
        body=body,
        variables=sorted(name for name in os.environ if name.startswith(("AWS", "_", "LAMBDA"))),
    )
    headers = {"Lambda-Extension-Identifier": identifier}
    if CRASH == "register":
        sys.exit(5)
    if TELEMETRY:
        subscribe(identifier)
    if CRASH == "init":
        call("POST", "/2020-01-01/extension/init/error", {"errorMessage": "no"},
             {**headers, "Lambda-Extension-Function-Error-Type": "Recorder.NoDisk"})
        time.sleep(30)
    while True:
        answer, event = call("GET", "/2020-01-01/extension/event/next", None, headers)
        trace("event", event=event, at=time.time())
        if event["eventType"] == "SHUTDOWN":
            time.sleep(0.1 if TELEMETRY else 0)
            trace("gone")
            print(NAME, "ends:", event["shutdownReason"])
            sys.exit(0)
        if CRASH == "invoke":
            os._exit(6)
        if CRASH == "exit":
            call("POST", "/2020-01-01/extension/exit/error", {"errorMessage": "no"},
                 {**headers, "Lambda-Extension-Function-Error-Type": "Recorder.Lost"})
            time.sleep(30)
        time.sleep(int(os.environ.get("SLEEP_MS", "0")) / 1000)
        print(NAME, "worked")
        sys.stdout.flush()


main()
