"""What rentals cost, as far as customers have looked it up."""


class Products:
    def __init__(self, _side=None):
        self.sun_per_energy = {}

    def learn(self, body):
        """From the answer of GET /v1/prices."""
        self.sun_per_energy = {
            product["duration_seconds"]: product["sun_per_energy"] for product in body["data"]}

    def price(self, energy, duration_seconds):
        """In sun; None: nobody has looked yet."""
        each = self.sun_per_energy.get(duration_seconds)
        return None if each is None else energy * each
