"""What stands between an end and the other one while a link is in trouble: one class for each kind.

A shaper gets each chunk that its end receives (`take`) and the end of the stream (`take_end`), and passes on what it
wants, when it wants. `over` is called when the trouble is, `stop` when the connection is gone. What it has touched it
counts in `link.troubled`. Times are the event loop's.
"""

import asyncio
import collections

from storm.network.trouble import DOWN, UP, BOTH, CutInReply, Delay, HalfOpen, Trickle

#: What a shaper may hold back; an end with more is not read. One chunk can come on top of it.
QUEUE_BYTES_MAX = 256 * 1024
#: How often a trickle drips.
DRIP_SECONDS = 0.05
#: How exact the event loop's timers are: what is due within this is sent now.
TIMER_SECONDS = 0.001

#: Why an end is not read: see connection.py.
QUEUE = 1


def shape(end, link, direction):
    """Puts the shaper of the link's trouble, if it has one for this direction, on an end."""
    trouble = link.trouble
    # What has vanished does not come back: such an end stays as it is.
    if trouble is None or (end.shaper is not None and end.shaper.is_hole):
        return
    if getattr(trouble, "direction", BOTH) not in (direction, BOTH):
        return
    if isinstance(trouble, Delay):
        end.shaper = DelayLine(end, link)
    elif isinstance(trouble, Trickle):
        end.shaper = Dripper(end, link)
    elif isinstance(trouble, HalfOpen):
        end.shaper = Hole(end, link)
    elif isinstance(trouble, CutInReply) and direction == DOWN:
        end.shaper = ReplyCutter(end, link)


class Shaper:
    """Passes everything on; the others differ from it."""

    __slots__ = ("end", "link")
    #: Whether the other side hears nothing at all.
    is_hole = False

    def __init__(self, end, link):
        self.end = end
        self.link = link

    def take(self, data):
        self.end.forward(data)

    def take_end(self):
        self.end.forward_end()

    def over(self):
        self.stop()
        self.end.shaper = None

    def stop(self):
        """Nothing to stop: what waits overrides this."""


class Waiting(Shaper):
    """Keeps what a client says while the server is being connected to."""

    __slots__ = ("queue", "has_end")

    def __init__(self, end, link):
        super().__init__(end, link)
        self.queue = []
        self.has_end = False

    def take(self, data):
        self.queue.append(data)
        self.end.hold(QUEUE)

    def take_end(self):
        self.has_end = True

    def over(self):
        """It is no trouble that it waits for."""

    def leave(self):
        """Hands over to whatever stands here now."""
        self.end.release(QUEUE)
        for data in self.queue:
            self.end.pass_on(data)
        if self.has_end:
            self.end.eof_received()


class DelayLine(Shaper):
    """Each chunk leaves at its time, never before the one that came before it."""

    __slots__ = ("queue", "queued_bytes", "due", "timer")

    def __init__(self, end, link):
        super().__init__(end, link)
        #: Pairs of time and chunk; None for a chunk is the end of the stream.
        self.queue = collections.deque()
        self.queued_bytes = 0
        self.due = 0.0
        self.timer = None

    def take(self, data):
        self.append(data)
        self.queued_bytes += len(data)
        self.link.troubled += 1
        if self.queued_bytes > QUEUE_BYTES_MAX:
            self.end.hold(QUEUE)

    def take_end(self):
        self.append(None)

    def append(self, data):
        loop = asyncio.get_running_loop()
        trouble = self.link.trouble
        delay = trouble.delay_seconds + self.link.random.uniform(0, trouble.jitter_seconds)
        self.due = max(self.due, loop.time() + delay)
        self.queue.append((self.due, data))
        if self.timer is None:
            self.timer = loop.call_at(self.due, self.tick)

    def tick(self):
        loop = asyncio.get_running_loop()
        self.send(loop.time() + TIMER_SECONDS)
        self.timer = loop.call_at(self.queue[0][0], self.tick) if self.queue else None

    def send(self, until):
        while self.queue and self.queue[0][0] <= until:
            data = self.queue.popleft()[1]
            if data is None:
                self.end.forward_end()
            else:
                self.queued_bytes -= len(data)
                self.end.forward(data)
        if self.queued_bytes < QUEUE_BYTES_MAX // 2:
            self.end.release(QUEUE)

    def over(self):
        super().over()
        self.send(float("inf"))

    def stop(self):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Dripper(Shaper):
    """So many bytes a second, a few at a time."""

    __slots__ = ("queue", "has_end", "rate", "sent_until", "timer")

    def __init__(self, end, link):
        super().__init__(end, link)
        self.queue = bytearray()
        self.has_end = False
        self.rate = link.trouble.bytes_per_second
        #: The time up to which bytes have been sent: what is due is counted from here.
        self.sent_until = 0.0
        self.timer = None

    def take(self, data):
        self.queue += data
        self.link.troubled += 1
        if len(self.queue) > QUEUE_BYTES_MAX:
            self.end.hold(QUEUE)
        self.start()

    def take_end(self):
        self.has_end = True
        self.start()

    def start(self):
        if self.timer is None:
            loop = asyncio.get_running_loop()
            self.sent_until = loop.time()
            self.timer = loop.call_later(DRIP_SECONDS, self.drip)

    def drip(self):
        loop = asyncio.get_running_loop()
        due = int((loop.time() - self.sent_until) * self.rate)
        self.sent_until += due / self.rate
        self.send(due)
        self.timer = loop.call_later(DRIP_SECONDS, self.drip) if self.queue else None

    def send(self, size):
        if self.queue and size:
            self.end.forward(bytes(self.queue[:size]))
            del self.queue[:size]
        if len(self.queue) < QUEUE_BYTES_MAX // 2:
            self.end.release(QUEUE)
        if self.has_end and not self.queue:
            self.end.forward_end()

    def over(self):
        super().over()
        self.send(len(self.queue))

    def stop(self):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Hole(Shaper):
    """Swallows everything, also that this side has closed. It outlives its trouble; then a close is told."""

    __slots__ = ("is_trouble_over", "has_end")
    is_hole = True

    def __init__(self, end, link):
        super().__init__(end, link)
        self.is_trouble_over = False
        self.has_end = False

    def take(self, data):
        self.link.troubled += 1

    def take_end(self):
        self.has_end = True
        if self.is_trouble_over:
            self.end.connection.reset()

    def over(self):
        self.is_trouble_over = True
        if self.has_end:
            self.end.connection.reset()


class ReplyCutter(Shaper):
    """Passes a part of a reply on, and then resets the connection."""

    __slots__ = ()

    def take(self, data):
        now = asyncio.get_running_loop().time()
        if now < self.link.next_cut:
            self.end.forward(data)
            return
        random, pause = self.link.random, self.link.trouble.pause_seconds
        self.link.next_cut = now + random.uniform(0.5, 1.5) * pause
        self.link.troubled += 1
        # Of a reply of one byte nothing is passed on.
        kept = random.randrange(1, len(data)) if len(data) > 1 else 0
        if kept:
            self.end.forward(data[:kept])
        self.end.connection.reset_when_written()
