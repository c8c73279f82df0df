"""tronpy as a client of the simulated chain: does what a lender and a customer do, and says what it saw.

Reads JSON {"url", "supplier", "customer", "hot"} (private keys in hex) from standard input; writes JSON.
"""

import json
import sys

from tronpy import Tron
from tronpy.exceptions import BadSignature, TvmError, ValidationError
from tronpy.keys import PrivateKey
from tronpy.providers import HTTPProvider

TRX = 1_000_000
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
DELEGATE_ONLY = "0000000000000006" + "00" * 24

given = json.load(sys.stdin)
client = Tron(HTTPProvider(given["url"]))
supplier, customer, hot = (PrivateKey(bytes.fromhex(given[name])) for name in ("supplier", "customer", "hot"))
seen = {}


def address(key):
    return key.public_key.to_base58check_address()


def send(builder, key=supplier):
    """Builds, signs, broadcasts and waits for the block."""
    return builder.build().sign(key).broadcast().wait(interval=0.05)


def refusal(kind, builder, key=supplier):
    try:
        builder.build().sign(key).broadcast()
    except kind as error:
        return str(error)
    return "accepted"


def lend():
    stranger = address(hot)
    info = send(client.trx.transfer(address(supplier), stranger, 7 * TRX).memo("for a start"))
    seen["transfer"] = {"fee": info["fee"], "balance": int(client.get_account_balance(stranger) * TRX)}

    before = client.get_account_resource(address(supplier))["EnergyLimit"]
    send(client.trx.freeze_balance(address(supplier), 100 * TRX, "ENERGY"))
    seen["frozen_energy"] = client.get_account_resource(address(supplier))["EnergyLimit"] - before

    lender, borrower = address(supplier), address(customer)
    seen["can_delegate"] = client.get_can_delegated_max_size(lender)["max_size"]
    send(client.trx.delegate_resource(lender, borrower, 7_000 * TRX, "ENERGY"))
    seen["customer_energy"] = client.get_account_resource(borrower)["EnergyLimit"]
    seen["delegated"] = client.get_delegated_resource_v2(lender, borrower)["delegatedResource"]
    seen["index"] = client.get_delegated_resource_account_index_v2(lender)["toAccounts"] == [borrower]
    seen["too_much"] = refusal(
        ValidationError, client.trx.delegate_resource(lender, borrower, 900_000_000 * TRX, "ENERGY"))


def use_token():
    token = client.get_contract(USDT)
    seen["token"] = [token.functions.symbol(), token.functions.name(), token.functions.decimals()]
    lender, borrower = address(supplier), address(customer)
    seen["estimate"] = client.get_estimated_energy(
        borrower, USDT, "transfer(address,uint256)", bytes(12).hex() + supplier.public_key.to_tvm_address().hex()
        + f"{5_000_000:064x}")
    call = token.functions.transfer.with_owner(borrower)
    info = send(call(lender, 5_000_000).fee_limit(20 * TRX), customer)
    seen["transfer_receipt"] = info["receipt"]
    seen["transfer_log"] = info["log"]
    seen["balances"] = [token.functions.balanceOf(lender), token.functions.balanceOf(borrower)]
    sent = call(lender, 10**15).fee_limit(100 * TRX).build().sign(customer).broadcast()
    try:
        sent.result(interval=0.05)
        seen["overdrawn"] = "accepted"
    except TvmError as error:
        seen["overdrawn"] = str(error)
    send(token.functions.approve.with_owner(borrower)(lender, 3).fee_limit(100 * TRX), customer)
    seen["allowance"] = token.functions.allowance(borrower, lender)


def take_back():
    lender, borrower = address(supplier), address(customer)
    send(client.trx.undelegate_resource(lender, borrower, 7_000 * TRX, "ENERGY"))
    seen["after"] = client.get_delegated_resource_v2(lender, borrower)
    send(client.trx.unfreeze_balance(lender, "ENERGY", unfreeze_balance=40 * TRX))
    seen["unfrozen"] = client.get_account(lender)["unfrozenV2"][0]["unfreeze_amount"]
    seen["early"] = refusal(ValidationError, client.trx.withdraw_stake_balance(lender))


def restrict():
    """A hot key that can lend and take back, and nothing else."""
    lender, borrower = address(supplier), address(customer)
    permission = client.get_account_permission(lender)
    del permission["witness"]
    permission["actives"] = [
        {
            "type": "Active", "permission_name": "delegate", "threshold": 1, "operations": DELEGATE_ONLY,
            "keys": [{"address": address(hot), "weight": 1}],
        }
    ]
    seen["permission_fee"] = send(client.trx.account_permission_update(lender, permission))["fee"]
    builder = client.trx.delegate_resource(lender, borrower, 10 * TRX, "ENERGY").permission_id(2)
    send(builder, hot)
    seen["hot_delegated"] = client.get_delegated_resource_v2(lender, borrower)["delegatedResource"]
    seen["hot_transfer"] = refusal(
        BadSignature, client.trx.transfer(lender, borrower, TRX).permission_id(2), hot)


lend()
use_token()
take_back()
restrict()
json.dump(seen, sys.stdout)
