"""The kinds of traffic, one file each. A new one is a file here and a line in the list."""

ALL = (
)
