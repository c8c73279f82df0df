"""Deposits, whichever way a customer was told the address."""

from storm.load.chain import ChainClient, NotBuilt

#: What is paid, in sun or micro-USDT: at least and at most.
AMOUNTS = {"TRX": (2_000_000, 60_000_000), "USDT": (1_500_000, 40_000_000)}
#: Below every minimum: not credited.
DUST = (1, 900_000)
SHARE_OF_DUST = 0.1
SHARE_OF_TWICE = 0.1
SHARE_OF_USDT = 0.4


async def deposit(side, kind, customer, address):
    """Pays once or twice to this address, and writes down what is on the chain."""
    for _ in range(2 if side.random.random() < SHARE_OF_TWICE else 1):
        currency = "USDT" if side.random.random() < SHARE_OF_USDT else "TRX"
        is_dust = side.random.random() < SHARE_OF_DUST
        amount = side.random.randint(*(DUST if is_dust else AMOUNTS[currency]))
        await pay(side, kind, customer, address, currency, amount)


async def pay(side, kind, customer, address, currency, amount):
    def write(what, txid):
        side.history.write(
            kind, what, customer=customer, address=address, currency=currency, amount=amount, txid=txid)

    payer = side.random.choice(side.world.payers)
    try:
        payment = await side.part(ChainClient).pay(
            payer, address, currency, amount, on_signed=lambda txid: write("deposit_signed", txid))
    except NotBuilt:
        side.count("deposits_not_built")
        return
    side.count("deposits_paid" if payment.is_in_block else "deposits_unknown")
    write("deposit_paid" if payment.is_in_block else "deposit_unknown", payment.txid)
