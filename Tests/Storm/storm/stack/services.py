"""What the storm changes in the services' environments, as the script has written them."""

import json

#: More than any run can use, in whatever unit: what is limited here is not what a storm is about.
PLENTY = 10**12


def write_products(settings, path):
    """Rentals that end within the run."""
    products = [
        {
            "id": f"{seconds}s", "duration_seconds": seconds, "sun_per_energy": settings.sun_per_energy,
            "energy_min": settings.energy_range[0], "energy_max": settings.product_energy_max,
        }
        for seconds in settings.rental_seconds]
    path.write_text(json.dumps({"products": products}), encoding="utf-8")


class Environments:
    """The environment of each replica."""

    def __init__(self, settings, layout, ways):
        self.settings = settings
        self.layout = layout
        self.ways = ways
        self.products = layout.folder / "products.json"
        write_products(settings, self.products)

    def of(self, service, slot, port, extra):
        """`extra` is the caller's, and comes last."""
        given = self.layout.environment(service)
        return {**given, **self._common(service, port, given), **self._own(service, slot), **extra}

    def _common(self, service, port, given):
        folder = self.ways.postgres[service]
        # All but the folder stays as the script has it: the database, and the service's own role.
        rest = [word for word in given["ENERGY_POSTGRES_URL"].split() if not word.startswith("host=")]
        return {
            "ENERGY_REDIS_URL": f"unix:{self.ways.redis[service]}",
            "ENERGY_POSTGRES_URL": " ".join([f"host={folder}", *rest]),
            "ENERGY_POSTGRES_CONNECTIONS": str(self.settings.postgres_connections),
            "ENERGY_HTTP_ADDRESS": f"127.0.0.1:{port}",
            "ENERGY_LEASE_MS": str(int(self.settings.lease_seconds * 1000)),
        }

    def _own(self, service, slot):
        match service:
            case "gateway":
                return {
                    "ENERGY_TELEGRAM_API_URL": self.ways.telegram,
                    "ENERGY_DELIVERY_GOAL_SECONDS": str(self.settings.delivery_goal_seconds),
                    "ENERGY_TELEGRAM_MESSAGES_PER_SECOND": str(self.settings.telegram_messages_per_second),
                    "ENERGY_JOURNAL_DIR": str(self._journal(slot)),
                    "ENERGY_CLIENT_RATE": str(self.settings.client_requests_per_second),
                    "ENERGY_CLIENT_BURST": str(2 * self.settings.client_requests_per_second),
                }
            case "wallet-svc":
                return {
                    "ENERGY_TRONGRID_URL": self.ways.trongrid,
                    "ENERGY_TRONSCAN_URL": self.ways.tronscan,
                    "ENERGY_ADJUSTMENT_SUN_MAX": str(1_000_000 * PLENTY),
                    "ENERGY_ADJUSTMENT_USDT_MAX": str(1_000_000 * PLENTY),
                }
            case "order-svc":
                return {"ENERGY_PRODUCTS": str(self.products)}
            case "tx-svc":
                return {
                    "ENERGY_TRON_NODES": ",".join(self.ways.tron_nodes),
                    "ENERGY_HOUR_ENERGY_MAX": str(PLENTY),
                    "ENERGY_HOUR_TRX_MAX": str(PLENTY),
                }
        return {}

    def _journal(self, slot):
        """One per process, and the same one after a restart: what was received and not applied is in it."""
        folder = self.layout.data / "journal" / str(slot)
        folder.mkdir(exist_ok=True)
        return folder
