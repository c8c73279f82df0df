"""For the test of the tests' own tool: writes the arguments and the input back, and the version of tronpy."""

import importlib.metadata
import sys

if sys.argv[1:] == ["fail"]:
    sys.exit("as asked")
print(" ".join(sys.argv[1:]), sys.stdin.read(), importlib.metadata.version("tronpy"))
