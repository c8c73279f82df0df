"""The faults, one class each. `ALL` lists them; a new one is a file here and a line there."""

from storm.faults.chain_answers import ChainErrors, ChainLies
from storm.faults.chain_restart import ChainRestart
from storm.faults.chain_views import ChainFork, ChainLag, ChainReorganise, ChainStall
from storm.faults.network_cut import NetworkCut
from storm.faults.network_cut_in_reply import NetworkCutInReply
from storm.faults.network_delay import NetworkDelay
from storm.faults.network_half_open import NetworkHalfOpen
from storm.faults.network_trickle import NetworkTrickle
from storm.faults.overload import Overload
from storm.faults.postgres_away import PostgresStop, PostgresTerminate
from storm.faults.postgres_full import PostgresDiskFull
from storm.faults.postgres_locks import PostgresOppositeBatches
from storm.faults.process_clock import ProcessClock
from storm.faults.process_freeze import ProcessFreeze
from storm.faults.process_kill import ProcessKill
from storm.faults.process_scale import ProcessScale
from storm.faults.redis_away import RedisKill, RedisRestart
from storm.faults.redis_flushall import RedisFlushall
from storm.faults.redis_full import RedisDiskFull, RedisMemoryFull
from storm.faults.telegram_blocked import TelegramBlocked
from storm.faults.telegram_duplicate_updates import TelegramDuplicateUpdates
from storm.faults.telegram_errors import TelegramFails, TelegramTooFast

ALL = [
    ProcessKill, ProcessFreeze, ProcessScale, ProcessClock,
    RedisKill, RedisRestart, RedisFlushall, RedisDiskFull, RedisMemoryFull,
    PostgresStop, PostgresTerminate, PostgresOppositeBatches, PostgresDiskFull,
    NetworkDelay, NetworkCut, NetworkHalfOpen, NetworkTrickle, NetworkCutInReply,
    ChainErrors, ChainLies, ChainFork, ChainReorganise, ChainLag, ChainStall, ChainRestart,
    TelegramTooFast, TelegramFails, TelegramBlocked, TelegramDuplicateUpdates,
    Overload,
]
