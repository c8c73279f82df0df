"""The world as the customers know it: who they are, and where the doors are. Written by the stack, read by the load."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class World:
    """The lists hold dictionaries, as they stand in the file. Secrets are among them: never print one."""

    #: Each with `customer` and `api_key`.
    rest_clients: list
    #: Each with `user_id`, `customer` and `language`.
    people: list
    #: Each with `address` and `private_key` (hexadecimal).
    receivers: list
    #: Each with `name` and `url`.
    gateways: list
    telegram_url: str
    tron_url: str
    #: Rich accounts of the simulated chain, which pay deposits: each with `address` and `private_key`.
    payers: list
    #: REST clients that have never had any money, as `rest_clients`.
    poor_clients: list = dataclasses.field(default_factory=list)

    def to_json(self):
        """Its fields, as `read_world` reads them."""
        return dataclasses.asdict(self)

    def __repr__(self):
        return f"World of {len(self.rest_clients)} clients, {len(self.people)} people"


def read_world(path):
    """The world of this file. Fields that the load has no use for are left out."""
    with open(path, encoding="utf-8") as file:
        fields = json.load(file)
    known = {field.name for field in dataclasses.fields(World)}
    return World(**{name: value for name, value in fields.items() if name in known})
