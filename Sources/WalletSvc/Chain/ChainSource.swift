import TronKit

/// One of the chain's APIs.
protocol ChainSource: Sendable {
  /// For logs and metrics.
  var name: String { get }
  func read(_ address: TronAddress) async throws -> ChainReading
  /// For comparison only: the first to be left undone when the budget of requests runs short.
  func readAgain(_ address: TronAddress) async throws -> ChainReading
  /// What is left of the budget of requests; nil without one.
  var budget: BudgetLevel? { get }
}

extension ChainSource {
  func readAgain(_ address: TronAddress) async throws -> ChainReading { try await read(address) }
  var budget: BudgetLevel? { nil }
}
