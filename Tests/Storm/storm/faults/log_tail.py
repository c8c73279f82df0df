"""What has been written to a log since a moment."""


class LogTail:
    """The part of a file that comes after `start`; by default what is added from now on."""

    def __init__(self, path, start=None):
        self.path = path
        self.start = path.stat().st_size if start is None else start

    def lines(self):
        with open(self.path, encoding="utf-8", errors="replace") as file:
            file.seek(self.start)
            return file.readlines()

    def count(self, *texts):
        """How many lines hold one of these texts."""
        return sum(any(text in line for text in texts) for line in self.lines())
