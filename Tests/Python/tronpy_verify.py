"""Reads transactions as tronpy and Google's protobuf read them, and says what they are.

Reads JSON, a list of transactions in hex, from standard input; writes a list of what each one says. Fails when protobuf
would have written the bytes otherwise: then nodes would compute another id.
"""

import hashlib
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tronpy import keys
from tronpy.proto import tron_pb2

KINDS = descriptor_pb2.FieldDescriptorProto
BYTES, NUMBER, BOOL = KINDS.TYPE_BYTES, KINDS.TYPE_INT64, KINDS.TYPE_BOOL

# The contracts that tronpy has no definitions of, by the protocol's field numbers.
CONTRACTS = {
    "DelegateResourceContract": [
        ("owner_address", 1, BYTES), ("resource", 2, NUMBER), ("balance", 3, NUMBER), ("receiver_address", 4, BYTES),
        ("lock", 5, BOOL), ("lock_period", 6, NUMBER),
    ],
    "UnDelegateResourceContract": [
        ("owner_address", 1, BYTES), ("resource", 2, NUMBER), ("balance", 3, NUMBER), ("receiver_address", 4, BYTES),
    ],
}


def definitions():
    file = descriptor_pb2.FileDescriptorProto(name="contracts.proto", package="protocol", syntax="proto3")
    for name, fields in CONTRACTS.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            message.field.add(name=field, number=number, type=kind, label=KINDS.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"protocol.{name}")) for name in CONTRACTS
    }
    found["TransferContract"] = tron_pb2.TransferContract
    found["TriggerSmartContract"] = tron_pb2.TriggerSmartContract
    return found


def read(text, known):
    data = bytes.fromhex(text)
    transaction = tron_pb2.Transaction()
    transaction.ParseFromString(data)
    if transaction.SerializeToString() != data:
        sys.exit(f"protobuf writes other bytes than {text}")
    raw = transaction.raw_data
    digest = hashlib.sha256(raw.SerializeToString()).digest()
    (contract,) = raw.contract
    type_name = tron_pb2.Transaction.Contract.ContractType.Name(contract.type)
    value = known[contract.parameter.type_url.rsplit(".", 1)[1]]()
    value.ParseFromString(contract.parameter.value)
    if value.SerializeToString() != contract.parameter.value:
        sys.exit(f"protobuf writes another {type_name} than {contract.parameter.value.hex()}")
    said = {
        "txid": digest.hex(), "type": type_name, "permission_id": contract.Permission_id,
        "expiration": raw.expiration, "timestamp": raw.timestamp, "fee_limit": raw.fee_limit,
        "ref_block": raw.ref_block_bytes.hex() + raw.ref_block_hash.hex(),
        "signers": [
            keys.Signature(signature).recover_public_key_from_msg_hash(digest).to_base58check_address()
            for signature in transaction.signature
        ],
    }
    for field, content in value.ListFields():
        if isinstance(content, bytes):
            content = keys.to_base58check_address(content) if field.name.endswith("address") else content.hex()
        said[field.name] = content
    return said


classes = definitions()
json.dump([read(text, classes) for text in json.load(sys.stdin)], sys.stdout)
