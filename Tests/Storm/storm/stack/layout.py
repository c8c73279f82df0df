"""What `./energy` has prepared: where things are, each service's environment, and the secrets."""

import dataclasses
import pathlib

#: Files in the folder of secrets that are none: a public key may be seen.
PUBLIC = {"deposit-xpub"}


def read_pairs(path):
    """NAME=value, each ended by a NUL, as a dictionary."""
    pairs = {}
    for entry in path.read_text(encoding="utf-8").split("\0"):
        if entry:
            name, _, value = entry.partition("=")
            pairs[name] = value
    return pairs


@dataclasses.dataclass(frozen=True)
class Layout:
    """Paths of one data folder."""

    data: pathlib.Path
    #: Short, for sockets: their paths may have at most 107 bytes.
    run_folder: pathlib.Path
    redis_configuration: pathlib.Path
    redis_socket: pathlib.Path
    postgres_programs: pathlib.Path
    postgres_data: pathlib.Path
    postgres_folder: pathlib.Path
    #: The system's user that Postgres runs as; empty: our own.
    postgres_user: str
    #: In libpq's form, so that no password is in a connection string.
    postgres_password_file: pathlib.Path

    @classmethod
    def read(cls, data):
        data = pathlib.Path(data).resolve()
        try:
            pairs = read_pairs(data / "storm" / "layout")
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"{data} was not prepared for a storm: ./energy storm --prepare FOLDER does it") from error
        user = pairs.pop("postgres_user")
        return cls(data, **{name: pathlib.Path(path) for name, path in pairs.items()}, postgres_user=user)

    @property
    def folder(self):
        """The harness' own."""
        return self.data / "storm"

    @property
    def log_folder(self):
        return self.data / "log"

    @property
    def postgres_socket(self):
        return self.postgres_folder / ".s.PGSQL.5432"

    def environment(self, program):
        """As the script gives it to `program`, ports and links aside."""
        return read_pairs(self.folder / "environment" / program)

    def secret(self, name):
        return (self.data / "secrets" / name).read_text(encoding="utf-8").strip()

    def secrets(self):
        """The values of all secrets made so far, of the installation and of the simulated wallets."""
        files = [path for path in (self.data / "secrets").iterdir() if path.is_file() and path.name not in PUBLIC]
        files += (self.data / "tron-sim").glob("suppliers/*.key")
        values = set()
        for path in files:
            values.update(line.strip() for line in path.read_text(encoding="utf-8").splitlines())
        return sorted(value for value in values if value)
