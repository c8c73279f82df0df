"""All checks of orders, money and energy."""

from .answers import ActiveMeansDelegated, AnswersAgree, LastMessageIsTrue, LastWordIsTrue, PricesAreAsListed
from .customers import BalancesShownWereTrue, CustomersMoney
from .delegations import (
    DelegationsAreInTheBooks, EnergyIsDelivered, LentAsBooked, OneEffectOfEachLeg, OnlyWhatWasAskedFor)
from .deposits import DepositsAreCreditedOnce, DepositsPaidAreOnChain
from .ledger import BooksBalance, ChargedOnce, CostsAreBurned, HoldsAreSettledOnce, NoAlarmOfItsOwn
from .orders import (
    AcknowledgedOrdersExist, CancelsHold, FailuresAreNamed, OneOrderForOneKey, OrdersEnd, RecordedOrdersArePlaced,
    UnknownOutcomes)
from .paths import StatesFollowTheTable
from .rentals import NoneEndsEarly, NoneEndsEarlyNow, TakenBackExactly, UndeliveredIsTakenBack

CHECKS = [
    AcknowledgedOrdersExist(), OneOrderForOneKey(), RecordedOrdersArePlaced(), OrdersEnd(), UnknownOutcomes(),
    CancelsHold(), FailuresAreNamed(), StatesFollowTheTable(),
    AnswersAgree(), LastWordIsTrue(), LastMessageIsTrue(), ActiveMeansDelegated(), PricesAreAsListed(),
    BooksBalance(), HoldsAreSettledOnce(), ChargedOnce(), CostsAreBurned(), NoAlarmOfItsOwn(),
    CustomersMoney(), BalancesShownWereTrue(), DepositsAreCreditedOnce(), DepositsPaidAreOnChain(),
    OnlyWhatWasAskedFor(), DelegationsAreInTheBooks(), OneEffectOfEachLeg(), EnergyIsDelivered(), LentAsBooked(),
    TakenBackExactly(), NoneEndsEarly(), NoneEndsEarlyNow(), UndeliveredIsTakenBack(),
]
