"""The stack that a storm rages over: real Redis, Postgres and services, simulated chain and Telegram.

`./energy storm` prepares the data folder and runs `python -m storm`. To look at a stack alone, with programs that are
built already:

    ./energy storm --prepare FOLDER
    PYTHONPATH=Tests/Storm python -m storm.stack --data FOLDER --programs .build/release

ENERGY_SKIP_BUILD=1 and ENERGY_PROGRAMS=FOLDER let the script take programs from elsewhere. With `network` None the
parts speak to each other directly, which shows what the network's links cost.
"""

from .stack import Stack

__all__ = ["Stack"]
