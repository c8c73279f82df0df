import Contracts
import TronKit

/// What the replicas tell each other of an address.
enum SharedChain: Sendable, Equatable {
  case view(ChainAccountView)
  /// A replica has just asked, and no API answered.
  case unanswered
}

/// What a replica that wants to read an address finds.
enum ChainClaim: Sendable, Equatable {
  case found(SharedChain)
  /// It is this one's to read. Disputed: the APIs have been found to differ on it.
  case mine(isDisputed: Bool)
  /// Another replica is reading it.
  case taken
}

/// The caches behind a process' memory: one shared by the replicas, one that lasts.
protocol ChainStore: Sendable {
  /// What a replica has read lately.
  func shared(_ addresses: [TronAddress]) async throws -> [TronAddress: SharedChain]
  /// What is shared, or else the right to read it, which one replica at a time has. It runs out by itself after
  /// `lifetime`, so that the death of its holder blocks nobody for longer.
  func claim(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> ChainClaim
  /// Tells the replicas what was found and gives the right to read back.
  func share(
    _ address: TronAddress, _ found: SharedChain, for lifetime: Duration, token: String) async throws
  /// Whether only the first API is to be believed about the address.
  func dispute(_ address: TronAddress, for lifetime: Duration?) async throws
  /// The last values ever read.
  func last(_ addresses: [TronAddress]) async throws -> [TronAddress: ChainAccountView]
  func keep(_ view: ChainAccountView) async throws
}
