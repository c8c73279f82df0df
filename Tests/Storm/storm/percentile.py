"""The one meaning of a percentile."""


def percentile(values, percent):
    """The nearest-rank percentile, rounded to milliseconds; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(0, -(-len(ordered) * percent // 100) - 1)
    return round(ordered[rank], 3)
