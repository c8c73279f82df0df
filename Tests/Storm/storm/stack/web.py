"""HTTP to the stack's own programs, past every link."""

import aiohttp


class Web:
    SECONDS_MAX = 10.0
    CONNECTIONS_MAX = 32

    def __init__(self):
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.CONNECTIONS_MAX, force_close=False),
            timeout=aiohttp.ClientTimeout(total=self.SECONDS_MAX))

    async def close(self):
        await self.session.close()

    async def is_well(self, url):
        """Whether it answers 200, soon."""
        try:
            async with self.session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def get(self, url):
        async with self.session.get(url) as response:
            return await read(response)

    async def post(self, url, body):
        async with self.session.post(url, json=body) as response:
            return await read(response)


async def read(response):
    if response.status != 200:
        raise RuntimeError(f"{response.method} {response.url.path} answered {response.status}: {await response.text()}")
    return await response.json(content_type=None)
