"""What a storm is judged by: all checks, by what they look after."""

from .answers import ActiveMeansDelegated, AnswersAgree, LastWordIsTrue, PricesAreAsListed
from .at_rest import ConsumersAlive, DeadLetters, GroupsAtRest, NothingUnsent, WorkDone
from .audit import AuditComplete
from .bus import AppliedAsSent, AppliedOnce, EveryMessageApplied, KnownOrigin
from .customers import BalancesShownWereTrue, CustomersMoney, OurAccounts
from .delegations import (
    DelegationsAreInTheBooks, EnergyIsDelivered, LentAsBooked, OneEffectOfEachLeg, OnlyWhatWasAskedFor)
from .deposits import DepositsAreCreditedOnce, DepositsPaidAreOnChain
from .dialogs import DepositsTold, EndsKnown, OnlyConfirmedIsOrdered, ToldAsBooked, ToldAsDelivered
from .isolation import SchemasAreClosed
from .ledger import BooksBalance, ChargedOnce, CostsAreBurned, HoldsAreSettledOnce, NoAlarmOfItsOwn
from .load_whole import LoadIsWhole
from .logs import NoCrash, NothingCritical
from .messages import EndsTold, NoticesSent, ScreensShown
from .order_states import StatesFollowTheTable
from .orders import (
    AcknowledgedOrdersExist, CancelsHold, FailuresAreNamed, OneOrderForOneKey, OrdersEnd, RecordedOrdersArePlaced,
    ReplaysAreTold, UnknownOutcomes)
from .processes import BackToBase, DeathsAskedFor, NoSteadyGrowth, StreamsBounded
from .refusals import NoErrorAfterTheCommit, NotNowSaysWhen, RefusedProperly
from .rentals import NoneEndsEarly, NoneEndsEarlyNow, TakenBackExactly, UndeliveredIsTakenBack
from .secrets import NoSecretSeen
from .sequences import EventsInSequence, ReadersUpToDate
from .traffic import EveryKindGotThrough

#: Orders, money and energy.
ORDERS_AND_MONEY = [
    AcknowledgedOrdersExist(), OneOrderForOneKey(), RecordedOrdersArePlaced(), OrdersEnd(), UnknownOutcomes(),
    CancelsHold(), FailuresAreNamed(), ReplaysAreTold(), StatesFollowTheTable(),
    AnswersAgree(), LastWordIsTrue(), ActiveMeansDelegated(), PricesAreAsListed(),
    BooksBalance(), HoldsAreSettledOnce(), ChargedOnce(), CostsAreBurned(), NoAlarmOfItsOwn(),
    CustomersMoney(), OurAccounts(), BalancesShownWereTrue(), DepositsAreCreditedOnce(), DepositsPaidAreOnChain(),
    OnlyWhatWasAskedFor(), DelegationsAreInTheBooks(), OneEffectOfEachLeg(), EnergyIsDelivered(), LentAsBooked(),
    TakenBackExactly(), NoneEndsEarly(), NoneEndsEarlyNow(), UndeliveredIsTakenBack(),
]

#: The bus, processes, logs and secrets, what customers met at the edge, and the load itself.
SYSTEM = [
    EveryMessageApplied(), AppliedAsSent(), AppliedOnce(), KnownOrigin(), EventsInSequence(), ReadersUpToDate(),
    DeadLetters(), NothingUnsent(), GroupsAtRest(), ConsumersAlive(), WorkDone(), AuditComplete(),
    EndsTold(), ScreensShown(), NoticesSent(), RefusedProperly(), NotNowSaysWhen(), NoErrorAfterTheCommit(),
    DeathsAskedFor(), BackToBase(), NoSteadyGrowth(), StreamsBounded(), NoCrash(), NothingCritical(), NoSecretSeen(),
    SchemasAreClosed(), EveryKindGotThrough(),
    LoadIsWhole(),
]

#: What people read in Telegram.
DIALOGS = [ToldAsBooked(), ToldAsDelivered(), OnlyConfirmedIsOrdered(), DepositsTold(), EndsKnown()]

ALL = [*ORDERS_AND_MONEY, *SYSTEM, *DIALOGS]
