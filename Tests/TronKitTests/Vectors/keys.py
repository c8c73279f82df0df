"""Writes keys.json beside itself: the official vectors of BIP 32 and BIP 39, and what programs that others wrote make of
random keys, phrases, messages, token calls and transactions (bip-utils, mnemonic, tronpy, eth-keys, eth-abi). Nothing
needs it when the tests run. To run it:

    pip install bip-utils mnemonic tronpy protobuf eth-keys eth-abi "eth-hash[pycryptodome]"
    python keys.py vectors.json bip-0032.mediawiki

The two files are of github.com/trezor/python-mnemonic and github.com/bitcoin/bips. All keys in it are public."""
import hashlib
import json
import pathlib
import random
import re
import sys

from bip_utils import Bip39SeedGenerator, Bip44, Bip44Changes, Bip44Coins
from eth_abi import encode
from eth_hash.auto import keccak
from eth_keys import KeyAPI
from eth_keys.backends import NativeECCBackend
from mnemonic import Mnemonic
from tronpy.keys import PrivateKey, hash_message
from tronpy.proto import transaction as proto

generator = random.Random(195)
# An implementation of secp256k1 that has nothing to do with libsecp256k1, which tronpy signs with.
pure_python = KeyAPI(NativeECCBackend)


def bip39(path):
    rows = json.loads(pathlib.Path(path).read_text())["english"]
    return [dict(entropy=e, mnemonic=m, passphrase="TREZOR", seed=s, xprv=x) for e, m, s, x in rows]


def bip32(path):
    """The chains of vectors 1 to 4, and the keys that vector 5 calls invalid."""
    text = pathlib.Path(path).read_text()
    chains, seed, chain = [], None, None
    for line in text.splitlines():
        if match := re.match(r"Seed \(hex\): (\w+)", line):
            seed = match[1]
        elif match := re.match(r"\* Chain (m\S*)", line):
            chain = match[1].replace("<sub>H</sub>", "'")
        elif match := re.match(r"\*\* ext pub: (\w+)", line):
            chains.append(dict(seed=seed, path=chain, xpub=match[1]))
        elif match := re.match(r"\*\* ext prv: (\w+)", line):
            chains[-1]["xprv"] = match[1]
    invalid = [
        dict(text=match[1], why=match[2]) for match in re.finditer(r"^\* (\w{100,120}) \((.+)\)$", text, re.MULTILINE)]
    return chains, invalid


def passphrases():
    """Spellings that are equal only once they are normalised, and letters outside ASCII."""
    rows = []
    for strength, passphrase in zip((128, 160, 192, 224, 256, 256), ("", "é", "e\u0301", "ﬁ Ａ", "日本語", "кошелёк 🔑")):
        phrase = Mnemonic("english").to_mnemonic(generator.randbytes(strength // 8))
        rows.append(dict(mnemonic=phrase, passphrase=passphrase, seed=Mnemonic.to_seed(phrase, passphrase).hex()))
    return rows


def wallets():
    """Wallets as their users see them: m/44'/195'/account'/0/index."""
    rows = []
    for strength in (128, 256, 256):
        phrase = Mnemonic("english").to_mnemonic(generator.randbytes(strength // 8))
        master = Bip44.FromSeed(Bip39SeedGenerator(phrase).Generate(), Bip44Coins.TRON)
        for account in (0, 7):
            chain = master.Purpose().Coin().Account(account).Change(Bip44Changes.CHAIN_EXT)
            indices = [0, 1, 2, generator.randrange(1 << 31), (1 << 31) - 1]
            children = [chain.AddressIndex(index) for index in indices]
            rows.append(dict(
                mnemonic=phrase, account=account, xpub=chain.PublicKey().ToExtended(),
                xprv=chain.PrivateKey().ToExtended(), indices=indices,
                addresses=[child.PublicKey().ToAddress() for child in children],
                keys=[child.PrivateKey().Raw().ToHex() for child in children]))
    return rows


def messages():
    rows = []
    for text in ("", "a", "Sign in to example.org\nNonce: 42", "日本語", "x" * 1000):
        key = PrivateKey(generator.randbytes(32))
        digest = hash_message(text)
        pure = pure_python.PrivateKey(key.to_bytes()).sign_msg_hash(digest)
        signature = key.sign_msg(text.encode())
        assert pure.to_bytes()[:64] == signature.to_bytes()[:64]
        rows.append(dict(
            message=text, private_key=key.hex(), address=key.public_key.to_base58check_address(),
            digest=digest.hex(), signature=signature.hex()))
    return rows


def tokens():
    rows = []
    for amount in (0, 1, 1_000_000, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 2**256 - 1):
        key = PrivateKey(generator.randbytes(32)).public_key
        tvm = key.to_tvm_address()
        rows.append(dict(
            to=key.to_base58check_address(), amount=str(amount),
            transfer=(keccak(b"transfer(address,uint256)")[:4] + encode(["address", "uint256"], [tvm, amount])).hex(),
            balance=(keccak(b"balanceOf(address)")[:4] + encode(["address"], [tvm])).hex(),
            topic=encode(["address"], [tvm]).hex(), data=encode(["uint256"], [amount]).hex()))
    return rows


def transactions():
    """Bytes that Google's protobuf writes from tronpy's messages, with ids and signatures."""
    rows = []
    for index in range(20):
        key = PrivateKey(generator.randbytes(32))
        owner, other = (PrivateKey(generator.randbytes(32)).public_key.to_base58check_address() for _ in range(2))
        value = dict(owner_address=owner)
        if index % 2:
            kind, limit = "TransferContract", None
            value |= dict(to_address=other, amount=generator.randrange(1, 1 << generator.randrange(1, 63)))
        else:
            kind, limit = "TriggerSmartContract", generator.randrange(1, 15_000_000_000)
            value |= dict(
                contract_address=other, data=generator.randbytes(generator.choice((4, 36, 68, 200))).hex(),
                call_value=generator.choice((0, 1, 1 << 40)))
        raw = dict(
            ref_block_bytes=generator.randbytes(2).hex(), ref_block_hash=generator.randbytes(8).hex(),
            timestamp=generator.randrange(1 << 41), expiration=generator.randrange(1 << 41),
            contract=[dict(
                type=kind, parameter=dict(value=value, type_url=f"type.googleapis.com/protocol.{kind}"))])
        if limit:
            raw["fee_limit"] = limit
        data = proto._raw_data_to_protobuf(raw).SerializeToString()
        txid = hashlib.sha256(data).digest()
        rows.append(dict(
            type=kind, owner=owner, other=other, amount=value.get("amount", value.get("call_value")),
            data=value.get("data", ""), fee_limit=limit or 0, ref_block_bytes=raw["ref_block_bytes"],
            ref_block_hash=raw["ref_block_hash"], timestamp=raw["timestamp"], expiration=raw["expiration"],
            raw_data_hex=data.hex(), txid=txid.hex(), private_key=key.hex(), signature=key.sign_msg_hash(txid).hex()))
    return rows


chains, invalid = bip32(sys.argv[2])
result = dict(
    bip39=bip39(sys.argv[1]), bip32=chains, bip32_invalid=invalid, passphrases=passphrases(), wallets=wallets(),
    messages=messages(), tokens=tokens(), transactions=transactions())
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
print({name: len(rows) for name, rows in result.items()})
