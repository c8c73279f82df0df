import Testing

/// Tests that do not disturb each other: they share one stack and run at the same time, each with customers and
/// receivers of its own.
@Suite(.withStack) struct OneStackTests {}
