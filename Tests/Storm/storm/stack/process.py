"""One process of the stack: it ends with this one, whatever happens, and its end is noticed at once."""

import asyncio
import os
import signal
import subprocess
import time


class Process:
    """A program that was started. Make one on the event loop's main thread only.

    `setpriv` asks the kernel to kill it when we die: so nothing survives even a kill -9 of the harness. (The kernel
    forgets that wish when a process changes its user, so setpriv does both, in this order.) It has a session of its
    own: Ctrl-C in the terminal reaches the harness, which stops everything in order.
    """

    def __init__(self, name, command, environment, log, user="", logs_through_pipe=False):
        self.name = name
        self.started_at = time.time()
        self.exited = asyncio.get_running_loop().create_future()
        wrapper = ["setpriv", "--pdeathsig", "KILL"]
        if user:
            wrapper += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        with open_log(log, logs_through_pipe) as output:
            # Python ignores SIGXFSZ, and restore_signals=False hands that on: a file that reaches its size limit is an
            # error to the program, as a full disk is, and not its death.
            self.child = subprocess.Popen(
                [*wrapper, "--", *map(str, command)], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, restore_signals=False, cwd="/")
        self.pid = self.child.pid
        self.descriptor = when_ended(self.child, self.exited.set_result)

    @property
    def is_running(self):
        return not self.exited.done()

    def signal(self, number):
        """False: it has ended already."""
        if not self.is_running:
            return False
        signal.pidfd_send_signal(self.descriptor, number)
        return True

    async def wait(self, seconds):
        """Its exit code, or minus the signal that it died of."""
        async with asyncio.timeout(seconds):
            return await asyncio.shield(self.exited)


def when_ended(child, then):
    """Calls `then` with the exit code. Returns a descriptor of the process, which is closed before."""
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(child.pid)

    def collect():
        loop.remove_reader(descriptor)
        os.close(descriptor)
        then(child.wait())

    loop.add_reader(descriptor, collect)
    return descriptor


def open_log(path, through_pipe):
    """Through a pipe the log goes on growing when the program's own files may not."""
    if not through_pipe:
        return open(path, "ab")
    with open(path, "ab") as file:
        # It ends when the last of the program's processes does.
        writer = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file, start_new_session=True)
    when_ended(writer, lambda _: None)
    return writer.stdin
