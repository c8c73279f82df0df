"""How a good client reads an answer, and how long it waits before it asks again."""

import enum

#: An answer may ask for a longer wait than this; a customer does not go away for longer.
RETRY_AFTER_MAX = 60.0


class Meaning(enum.Enum):
    #: Decided, one way or the other: 2xx, or a refusal that sending it again will not change.
    FINAL = "final"
    #: Nothing was done: 429, 503. Later, as Retry-After says.
    LATER = "later"
    #: It may have been done: the same again, under the same key, tells. It says so itself.
    OPEN = "open"
    #: Nobody knows: any other 5xx.
    UNKNOWN = "unknown"


#: The problem's code of an answer that leaves it open.
OUTCOME_UNKNOWN = "outcome_unknown"


def meaning_of(status, code=None):
    if status == 503 and code == OUTCOME_UNKNOWN:
        return Meaning.OPEN
    if status in (429, 503):
        return Meaning.LATER
    return Meaning.UNKNOWN if status >= 500 else Meaning.FINAL


class Patience:
    """The waits of one request that is sent again and again: doubled each time, with jitter, so that those who failed
    together do not come back together."""

    def __init__(self, settings, random):
        self.random = random
        self.seconds_min = settings.retry_seconds_min
        self.seconds_max = settings.retry_seconds_max
        self.failures = 0

    def next_wait(self, retry_after=None):
        """Seconds until the next attempt. Never less than what Retry-After says."""
        base = min(self.seconds_max, self.seconds_min * 2 ** min(self.failures, 16))
        self.failures += 1
        wait = base * self.random.uniform(0.5, 1.0)
        if retry_after is not None:
            wait = min(RETRY_AFTER_MAX, max(wait, retry_after * self.random.uniform(1.0, 1.2)))
        return wait


def retry_after_of(headers):
    """Whole seconds, as the API sends them; None when there is no such header or it is no number."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
