/// What every broker promises beyond the signatures of its protocol. Run all of them that it offers:
///
/// ```swift
/// @Test(arguments: BrokerConformance.all.filter { subject.offers($0.requirement) })
/// func keeps(promise: BrokerPromise) async throws { try await promise.check(subject) }
/// ```
public enum BrokerConformance {
  /// Every promise there is.
  public static let all: [BrokerPromise] =
    publishing + reading + leases + takingOver + deadLetters + retention + memory + life
}
