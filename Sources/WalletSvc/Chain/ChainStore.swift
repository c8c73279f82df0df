import Contracts
import TronKit

/// The caches behind a process' memory: one shared by the replicas, one that lasts.
protocol ChainStore: Sendable {
  /// What a replica has read lately.
  func shared(_ address: TronAddress) async throws -> ChainAccountView?
  func share(_ view: ChainAccountView, for lifetime: Duration) async throws
  /// True for one replica at a time. Runs out by itself after `lifetime`.
  func lock(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> Bool
  func unlock(_ address: TronAddress, token: String) async throws
  /// The last value ever read.
  func last(_ address: TronAddress) async throws -> ChainAccountView?
  func keep(_ view: ChainAccountView) async throws
}
