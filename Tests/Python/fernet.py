"""Python's cryptography, to compare our Fernet with. Reads one JSON object, writes one.

seal: {"key", "clear": [hex]}          -> {"tokens": [...]}
open: {"key", "tokens": [...]}         -> {"clear": [hex or null]}
"""

import json
import sys

from cryptography.fernet import Fernet, InvalidToken

request = json.load(sys.stdin)
fernet = Fernet(request["key"])


def opened(token):
    try:
        return fernet.decrypt(token).hex()
    except InvalidToken:
        return None


if sys.argv[1] == "seal":
    answer = {"tokens": [fernet.encrypt(bytes.fromhex(text)).decode() for text in request["clear"]]}
else:
    answer = {"clear": [opened(token) for token in request["tokens"]]}
print(json.dumps(answer))
