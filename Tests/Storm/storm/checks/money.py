"""All checks of orders, money and energy."""

from .answers import ActiveMeansDelegated, AnswersAgree, LastWordIsTrue, PricesAreAsListed
from .customers import BalancesShownWereTrue, CustomersMoney, OurAccounts
from .delegations import (
    DelegationsAreInTheBooks, EnergyIsDelivered, LentAsBooked, OneEffectOfEachLeg, OnlyWhatWasAskedFor)
from .deposits import DepositsAreCreditedOnce, DepositsPaidAreOnChain
from .ledger import BooksBalance, ChargedOnce, CostsAreBurned, HoldsAreSettledOnce, NoAlarmOfItsOwn
from .orders import (
    AcknowledgedOrdersExist, CancelsHold, FailuresAreNamed, OneOrderForOneKey, OrdersEnd, RecordedOrdersArePlaced,
    ReplaysAreTold, UnknownOutcomes)
from .paths import StatesFollowTheTable
from .rentals import NoneEndsEarly, NoneEndsEarlyNow, TakenBackExactly, UndeliveredIsTakenBack

CHECKS = [
    AcknowledgedOrdersExist(), OneOrderForOneKey(), RecordedOrdersArePlaced(), OrdersEnd(), UnknownOutcomes(),
    CancelsHold(), FailuresAreNamed(), ReplaysAreTold(), StatesFollowTheTable(),
    AnswersAgree(), LastWordIsTrue(), ActiveMeansDelegated(), PricesAreAsListed(),
    BooksBalance(), HoldsAreSettledOnce(), ChargedOnce(), CostsAreBurned(), NoAlarmOfItsOwn(),
    CustomersMoney(), OurAccounts(), BalancesShownWereTrue(), DepositsAreCreditedOnce(), DepositsPaidAreOnChain(),
    OnlyWhatWasAskedFor(), DelegationsAreInTheBooks(), OneEffectOfEachLeg(), EnergyIsDelivered(), LentAsBooked(),
    TakenBackExactly(), NoneEndsEarly(), NoneEndsEarlyNow(), UndeliveredIsTakenBack(),
]
