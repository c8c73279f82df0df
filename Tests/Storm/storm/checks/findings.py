"""How checks write down what they have found."""

from .check import Finding

#: A broken promise is broken often: so many examples are enough, the rest is counted.
EXAMPLES_MAX = 5


def findings(promise, damage, what, examples):
    """One finding for each example, and one that counts the rest. `what` stands before each example."""
    examples = list(examples)
    listed = [Finding(promise, damage, f"{what}: {example}") for example in examples[:EXAMPLES_MAX]]
    if len(examples) > EXAMPLES_MAX:
        rest = len(examples) - EXAMPLES_MAX
        listed.append(Finding(promise, damage, f"{what}: {rest} more", count=rest))
    return listed
