"""Redis, with the script's configuration."""

import signal

import redis.asyncio

from .file_limits import limit_file_size
from .process import Process
from .supervised import Supervised
from .waiting import until

USER = "storm"


class RedisServer(Supervised):
    def __init__(self, layout, deaths, pause):
        super().__init__("redis", self._make, deaths, pause)
        self.layout = layout

    def _make(self):
        log = self.layout.log_folder / "redis.log"
        return Process("redis", ["redis-server", self.layout.redis_configuration], None, log, logs_through_pipe=True)

    async def start(self, seconds=60):
        """Returns when it answers and has loaded its file; starts it if it does not run."""
        self.begin()
        client = self.client()
        try:
            await until(lambda: answers(client), seconds, "Redis to answer")
            self.forgive_no_more()
        finally:
            await client.aclose()

    async def kill(self, cause="kill"):
        """kill -9; it stays away until `start`."""
        await self.end(signal.SIGKILL, 10, cause, exit_codes=(-signal.SIGKILL,))

    async def terminate(self, cause="restart"):
        """SIGTERM, which saves; it stays away until `start`."""
        await self.end(signal.SIGTERM, 30, cause)

    @property
    def url(self):
        """Of a user who may do everything, past every link. The password is in it."""
        return f"unix://{USER}:{self.layout.secret('redis-storm')}@{self.layout.redis_socket}"

    def client(self, **options):
        """A `redis.asyncio.Redis` of the same user."""
        return redis.asyncio.Redis.from_url(self.url, **{"socket_timeout": 10, **options})

    def limit_file_size(self, size):
        """Files that it writes may not grow beyond this many bytes; None: no limit. A new process has none. It may die
        of it until `start` has returned."""
        limit_file_size([self.pid] if self.is_running else [], size)
        self.forgive_limit(size)


async def answers(client):
    try:
        return (await client.info("persistence"))["loading"] == 0
    except (redis.exceptions.RedisError, OSError):
        return False
