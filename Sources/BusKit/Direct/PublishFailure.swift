/// Some of the messages of one `publish` were not stored. Those that are named nowhere here were.
public struct PublishFailure: Error, CustomStringConvertible {
  /// A message that was not stored.
  public struct Refusal: Sendable {
    /// The message's place among those that were to be published.
    public let index: Int
    /// In the broker's words, or why it was not tried.
    public let reason: String
  }
  /// Certainly not stored.
  public let refusals: [Refusal]
  /// It is not known whether these were stored: the answer of the broker is missing. Publishing them again may store
  /// them twice.
  public let unknown: [Int]
  /// Why the answer is missing.
  public let cause: (any Error)?

  public var description: String {
    let refused = refusals.first.map { "\(refusals.count) refused, the first (\($0.index)): \($0.reason)" }
    let missing = cause.map { "\(unknown.count) of unknown fate: \($0)" }
    return "messages were not published: \([refused, missing].compactMap { $0 }.joined(separator: "; "))"
  }
}
