"""What Linux says of a process."""

import os

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


def go_first(niceness):
    """This process comes before others. Only root may say so, and not in every container; else nothing changes.

    Where Linux shares the processor among sessions (autogroup), niceness counts only within one: the process has to
    have been started in a session of its own, and that is what comes first.
    """
    if os.geteuid() != 0:
        return
    try:
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    except PermissionError:
        return
    if os.getsid(0) == os.getpid() and os.path.exists("/proc/self/autogroup"):
        with open("/proc/self/autogroup", "w", encoding="ascii") as file:
            file.write(str(niceness))


def process_figures(pid):
    """`{rss_bytes, cpu_seconds, threads, descriptors}`; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            # The name of the program stands in brackets and may hold anything.
            fields = file.read().rpartition(")")[2].split()
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return None
    return {
        "rss_bytes": int(fields[21]) * _PAGE, "cpu_seconds": (int(fields[11]) + int(fields[12])) / _TICKS,
        "threads": int(fields[17]), "descriptors": descriptors}


def private_bytes(pid):
    """Memory that this process shares with nobody; 0 when there is no such process."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0
