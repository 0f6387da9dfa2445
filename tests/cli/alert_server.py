#!/usr/bin/env python3
"""alert_server.py MODE PORT_FILE LOG_FILE - a server on loopback for alerts.sh, for a minute at most.

MODE: ok (HTTP 204), broken (HTTP 500), recovering (500 once, then 204), moved (HTTP 302 to itself),
silent (takes a connection and says nothing), smtp, smtp-refusing (550 to every recipient).
The port is written to PORT_FILE when the server listens; every request goes to LOG_FILE.
"""
import http.server
import os
import signal
import socketserver
import sys
import threading

mode, port_file, log_file = sys.argv[1:]
lock = threading.Lock()
seen = 0


def log(text):
    with lock, open(log_file, "a", encoding="utf-8") as file:
        file.write(text + "\n")


class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global seen
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8")
        log(f"POST {self.path} {self.headers.get('Content-Type')}\n{body}")
        seen += 1
        status = {"ok": 204, "broken": 500, "moved": 302}.get(mode, 500 if seen == 1 else 204)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


class Silent(socketserver.BaseRequestHandler):
    def handle(self):
        log("connected")
        while self.request.recv(4096):
            pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 test")
        while line := self.rfile.readline():
            text = line.decode("utf-8").rstrip("\r\n")
            log(text)
            word = text.split(" ")[0].upper()
            if word == "EHLO":
                self.say("250 test")
            elif word == "RCPT" and mode == "smtp-refusing":
                self.say("550 no such mailbox")
            elif word == "DATA":
                self.say("354 go on")
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    log(line.decode("utf-8").rstrip("\r\n"))
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


signal.alarm(60)
handler = {"silent": Silent, "smtp": Mail, "smtp-refusing": Mail}.get(mode, Web)
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
server.daemon_threads = True
with open(port_file + ".new", "w", encoding="utf-8") as port:
    port.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
