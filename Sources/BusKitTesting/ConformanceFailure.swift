/// A broker that does not keep a promise: what was expected of it, and what was seen.
public struct ConformanceFailure: Error, CustomStringConvertible {
  /// What a broker that keeps the promise does.
  public let expected: String
  /// What this one did.
  public let seen: String

  public init(expected: String, seen: String) {
    self.expected = expected
    self.seen = seen
  }

  public var description: String { "expected: \(expected); seen: \(seen)" }
}

func expect(_ isSo: Bool, _ expected: @autoclosure () -> String, seen: @autoclosure () -> String) throws {
  if !isSo { throw ConformanceFailure(expected: expected(), seen: seen()) }
}

func expect<T: Equatable>(_ what: @autoclosure () -> String, _ seen: T, is expected: T) throws {
  if seen != expected {
    throw ConformanceFailure(expected: "\(what()): \(short(expected))", seen: short(seen))
  }
}

/// A list of a thousand ids says nothing to anybody.
private func short(_ value: Any) -> String {
  let text = "\(value)"
  return text.count > 300 ? "\(text.prefix(300))… (\(text.count) characters)" : text
}
