"""All checks of the bus, of processes, logs and secrets, and of what customers met at the edge."""

from .at_rest import ConsumersAlive, DeadLetters, GroupsAtRest, NothingUnsent, WorkDone
from .audit import AuditComplete
from .bus import AppliedAsSent, AppliedOnce, EveryMessageApplied, KnownOrigin
from .isolation import SchemasAreClosed
from .logs import NoCrash, NothingCritical
from .load_whole import LoadIsWhole
from .messages import EndsTold, NoticesSent, ScreensShown
from .processes import BackToBase, DeathsAskedFor, NoSteadyGrowth, StreamsBounded
from .refusals import NoErrorAfterTheCommit, NotNowSaysWhen, RefusedProperly
from .secrets import NoSecretSeen
from .sequences import EventsInSequence, ReadersUpToDate
from .traffic import EveryKindGotThrough

CHECKS = [
    EveryMessageApplied(), AppliedAsSent(), AppliedOnce(), KnownOrigin(), EventsInSequence(), ReadersUpToDate(),
    DeadLetters(), NothingUnsent(), GroupsAtRest(), ConsumersAlive(), WorkDone(), AuditComplete(),
    EndsTold(), ScreensShown(), NoticesSent(), RefusedProperly(), NotNowSaysWhen(), NoErrorAfterTheCommit(),
    DeathsAskedFor(), BackToBase(), NoSteadyGrowth(), StreamsBounded(), NoCrash(), NothingCritical(), NoSecretSeen(),
    SchemasAreClosed(), EveryKindGotThrough(),
    LoadIsWhole(),
]
