"""No secret stands anywhere but where it belongs: not in logs, streams, tables or what people were told.

What is searched is handed to `grep`, which looks for all spellings in one pass; the spellings lie in memory alone.
"""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import urllib.parse

from .check import Check
from .findings import findings
from .logs import log_files
from .topics import SCHEMAS

#: A shorter value would be found by chance.
LENGTH_MIN = 12
#: So many lines with a secret are enough of one place.
LINES_MAX = 20

_ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}


def spellings(value):
    """Every form of a secret in which it could lie around, as bytes."""
    texts = {value, *_parts(value)}
    forms = set()
    for text in texts:
        forms |= {text.encode(), urllib.parse.quote(text, safe="").encode(), text.encode().hex().encode()}
        forms |= _base64(text.encode())
        raw = _from_hex(text)
        if raw:
            forms |= {raw, text.lower().encode(), text.upper().encode()} | _base64(raw)
    return {form for form in forms if len(form) >= LENGTH_MIN and b"\n" not in form}


def _parts(value):
    """The secret part of what also names its owner: a bot's token behind the colon, an API key behind its number."""
    if ":" in value:
        yield value.rpartition(":")[2]
    if value.startswith("ek_") and value.count("_") >= 2:
        yield value.split("_", 2)[2]


def _base64(data):
    """Unpadded, so that either padding is found."""
    plain = base64.b64encode(data).rstrip(b"=")
    return {plain, plain.replace(b"+", b"-").replace(b"/", b"_")}


def _from_hex(text):
    if len(text) % 2:
        return b""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def alias(value):
    """How a secret is called in a report: by the beginning of its hash."""
    return f"secret {hashlib.sha256(value.encode()).hexdigest()[:8]} ({len(value)} characters)"


class Searcher:
    """Use it in a `with`."""

    def __init__(self, values):
        self.names = {form: alias(value) for value in values if len(value) >= LENGTH_MIN for form in spellings(value)}
        self.patterns = os.memfd_create("patterns", 0)
        os.write(self.patterns, b"\n".join(self.names) + b"\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.patterns)

    def _grep(self, arguments):
        return ["grep", "-aFo", "-m", str(LINES_MAX), "-f", f"/dev/fd/{self.patterns}", *arguments]

    def files(self, paths):
        """(path, alias) of what is found. A file that is gone by now held nothing that stays."""
        paths = [str(path) for path in paths]
        if not paths:
            return set()
        done = subprocess.run(
            self._grep(["-sHZ", "--", *paths]), capture_output=True, env=_ENVIRONMENT, pass_fds=[self.patterns],
            check=False)
        if done.returncode not in (0, 1) and all(os.access(path, os.R_OK) for path in paths):
            raise OSError(f"grep ended with {done.returncode}")
        hits = (line.partition(b"\0") for line in done.stdout.split(b"\n"))
        return {(path.decode(), self.names[form]) for path, _, form in hits if form in self.names}

    @contextlib.contextmanager
    def stream(self):
        """A pair: `write(bytes)`, and a set of aliases that is filled when the `with` ends."""
        found = set()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                self._grep(["-"]), stdin=subprocess.PIPE, stdout=output, env=_ENVIRONMENT, pass_fds=[self.patterns])

            def write(data):
                # Once it has seen enough it reads no more.
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(data)

            yield write, found
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            if process.wait() not in (0, 1):
                raise OSError(f"grep ended with {process.returncode}")
            output.seek(0)
            found.update(self.names[line] for line in output.read().split(b"\n") if line in self.names)


class NoSecretSeen(Check):
    name = "no_secret_seen"
    promises = ("secrets",)

    def run(self, evidence):
        with Searcher(evidence.secrets) as searcher:
            found = [*_in_files(evidence, searcher), *_in_redis(evidence, searcher),
                     *_in_tables(evidence, searcher), *_in_dialogs(evidence, searcher)]
        return findings("secrets", "other", "a secret is where it must not be", (
            f"{name} in {place}" for place, name in found))


def _in_files(evidence, searcher):
    """Logs, what customers were told, gateway's journals, and Redis' own files, which hold for a while what the streams
    held."""
    paths = log_files(evidence.log_folder)
    data = pathlib.Path(evidence.settings.data)
    paths += [path for path in (data / "journal").rglob("*") if path.is_file()]
    paths += [path for path in [data / "storm" / "load.jsonl"] if path.is_file()]
    folder = evidence.redis.config_get("dir").get("dir") if evidence.redis else None
    if folder:
        paths += [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    return sorted((pathlib.Path(path).name, name) for path, name in searcher.files(paths))


def _in_redis(evidence, searcher):
    if evidence.redis is None:
        return
    for key in sorted(evidence.redis.scan_iter(count=1000)):
        with searcher.stream() as (write, found):
            write(key + b"\n")
            _write_value(evidence.redis, key, write)
        for name in sorted(found):
            yield f"the key {key.decode(errors='replace')} of Redis", name


def _write_value(client, key, write):
    kind = client.type(key)
    if kind == b"stream":
        for _, fields in client.xrange(key):
            for name, value in fields.items():
                write(name + b" " + value + b"\n")
    elif kind == b"string":
        write(client.get(key) or b"")
    elif kind == b"hash":
        for name, value in client.hgetall(key).items():
            write(name + b" " + value + b"\n")
    elif kind in (b"set", b"zset", b"list"):
        members = {b"set": client.smembers, b"zset": lambda key: client.zrange(key, 0, -1),
                   b"list": lambda key: client.lrange(key, 0, -1)}[kind](key)
        for member in members:
            write(member + b"\n")


_TABLES = """
    select format('%%I.%%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(%s) and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'inbox' order by 1
"""


def _in_tables(evidence, searcher):
    """Every column of every table, as its bytes are. Inboxes hold nothing but numbers and hashes."""
    for row in evidence.sql(_TABLES, (list(SCHEMAS.values()),)):
        with searcher.stream() as (write, found), evidence.connection.cursor() as cursor:
            with cursor.copy(f"copy (select * from {row['name']}) to stdout (format binary)") as copy:
                for data in copy:
                    write(data)
        for name in sorted(found):
            yield f"the table {row['name']}", name


def _in_dialogs(evidence, searcher):
    """What the bot showed."""
    with searcher.stream() as (write, found):
        for dialog in evidence.dialogs.values():
            write(json.dumps(dialog, ensure_ascii=False).encode() + b"\n")
    for name in sorted(found):
        yield "what the bot told a person", name
