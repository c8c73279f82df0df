"""The product's own programs, run for a benchmark."""

import json
import os
import socket
import subprocess
import urllib.request

from servers import Missing, Server, wait_until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


class Program(Server):
    """One of the product's own programs, logging into its folder."""

    def __init__(self, words, environment=None, health="/healthz", prefix="bench-program."):
        self.prefix = prefix
        self.words = words
        self.environment = environment
        self.port = free_port()
        self.health = health

    def launch(self):
        words = [word.replace("{port}", str(self.port)).replace("{folder}", self.folder) for word in self.words]
        environment = {
            name: value.replace("{port}", str(self.port)) for name, value in (self.environment or os.environ).items()}
        name = os.path.basename(words[0])
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        try:
            wait_until(name, lambda: answers(f"http://127.0.0.1:{self.port}{self.health}"), process=self.process)
        except Missing as missing:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise Missing(f"{missing}; its log ends with: {log.read()[-600:]}") from None


def write_secret(folder, name, text):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    return path


def child(programs, name, words, seconds=600):
    """Runs a program, prints its lines but the last; returns that one, which is its JSON."""
    try:
        result = subprocess.run([os.path.join(programs, name), *words], capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Missing(f"{name} {' '.join(words[:1])} did not end within {seconds} s") from None
    if result.returncode != 0:
        raise Missing(f"{name} {' '.join(words[:1])} ended with {result.returncode}: {result.stderr.decode()[-600:]}")
    *lines, last = result.stdout.decode().strip().splitlines()
    for line in lines:
        print(line, flush=True)
    return json.loads(last)
