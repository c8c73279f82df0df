"""The kinds of traffic, one file each. A new one is a file here and a line in the list."""

from storm.load.kinds.deposit import Deposit
from storm.load.kinds.hostile import Hostile
from storm.load.kinds.insufficient import Insufficient
from storm.load.kinds.mistaken import Mistaken
from storm.load.kinds.rest_addresses import RestAddresses
from storm.load.kinds.rest_balance import RestBalance
from storm.load.kinds.rest_cancel import RestCancel
from storm.load.kinds.rest_order import RestOrder
from storm.load.kinds.rest_repeat import RestRepeat
from storm.load.kinds.telegram_addresses import TelegramAddresses
from storm.load.kinds.telegram_alerts import TelegramAlerts
from storm.load.kinds.telegram_balance import TelegramBalance
from storm.load.kinds.telegram_deposit import TelegramDeposit
from storm.load.kinds.telegram_half import TelegramHalf
from storm.load.kinds.telegram_hostile import TelegramHostile
from storm.load.kinds.telegram_order import TelegramOrder
from storm.load.kinds.use_energy import UseEnergy

ALL = (
    RestOrder,
    RestRepeat,
    RestCancel,
    RestBalance,
    RestAddresses,
    Deposit,
    UseEnergy,
    Mistaken,
    Insufficient,
    Hostile,
    TelegramOrder,
    TelegramHalf,
    TelegramHostile,
    TelegramDeposit,
    TelegramBalance,
    TelegramAddresses,
    TelegramAlerts,
)
