import TronKit

/// One of the chain's APIs.
protocol ChainSource: Sendable {
  /// For logs and metrics.
  var name: String { get }
  func read(_ address: TronAddress) async throws -> ChainReading
}
