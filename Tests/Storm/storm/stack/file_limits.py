"""The size that files of running processes may not outgrow: a disk that is full for them alone."""

import pathlib
import subprocess

SECONDS_MAX = 10
LIMIT_EACH = 'limit=$1; shift; for pid; do prlimit --pid "$pid" --fsize="$limit:"; done'


def limit_file_size(pids, size, user=""):
    """At most `size` bytes; None: no limit. Writing beyond it is an error (EFBIG) to those that ignore SIGXFSZ.

    `user` is the system's user whose processes they are, empty for our own: in a container not even root may set the
    limits of another user's processes.
    """
    if not pids:
        return
    wanted = "unlimited" if size is None else str(size)
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
    # The hard limit stays as it is (the colon): without it the soft one could not be lifted again.
    ended = subprocess.run(
        [*become, "sh", "-c", LIMIT_EACH, "sh", wanted, *map(str, pids)], capture_output=True, text=True, check=False,
        timeout=SECONDS_MAX)
    # One that has ended meanwhile has no limit to set: what counts is what the living ones have.
    for pid in pids:
        if read_limit(pid) not in (wanted, None):
            raise OSError(f"the file size of process {pid} could not be limited to {wanted}: {ended.stderr.strip()}")


def read_limit(pid):
    """In bytes or "unlimited", as text; None: there is no such process."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = [line.split() for line in lines if line.startswith("Max file size")]
    # A process that has just ended has an empty file.
    return fields[0][3] if fields else None
