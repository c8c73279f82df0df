"""energyctl, as an operator runs it."""

import asyncio


class EnergyCtlError(Exception):
    """It was refused (exit code 1), or what became of it is unknown (2)."""

    def __init__(self, arguments, exit_code, text):
        super().__init__(f"energyctl {' '.join(arguments)} ended with {exit_code}: {text.strip()}")
        self.exit_code = exit_code


class EnergyCtl:
    AT_ONCE = 8
    SECONDS_MAX = 60

    def __init__(self, program, environment):
        self.program = program
        self.environment = environment
        self.gate = asyncio.Semaphore(self.AT_ONCE)

    async def __call__(self, *arguments):
        """Its standard output."""
        async with self.gate:
            child = await asyncio.create_subprocess_exec(
                self.program, *arguments, env=self.environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True)
            try:
                async with asyncio.timeout(self.SECONDS_MAX):
                    output, errors = await child.communicate()
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0:
            raise EnergyCtlError(arguments, child.returncode, errors.decode(errors="replace"))
        return output.decode()
