"""Accounts of the simulated chain, made from the seed."""

import base58
import coincurve
from Crypto.Hash import keccak

#: The first byte of a TRON address.
PREFIX = b"\x41"


def make_account(random):
    """`address` (base58) and `private_key` (hexadecimal)."""
    key = coincurve.PrivateKey(random.getrandbits(256).to_bytes(32, "big"))
    point = key.public_key.format(compressed=False)[1:]
    digest = keccak.new(digest_bits=256, data=point).digest()
    return {"address": base58.b58encode_check(PREFIX + digest[-20:]).decode(), "private_key": key.secret.hex()}
