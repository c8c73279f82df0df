import Contracts

/// How long a chain balance may be shown again. Somebody who was told "not activated" activates the address and comes
/// right back: that answer lives for seconds only, everywhere.
struct ChainCachePolicy: Sendable, Equatable {
  /// In this process' memory.
  var memory: Duration = .seconds(3)
  /// In Redis, for all replicas.
  var shared: Duration = .seconds(60)
  /// An address that is not activated, in either.
  var notActivated: Duration = .seconds(3)
  /// Addresses in memory. Beyond it old ones go.
  var memoryCountMax = 10_000
  /// The second API is asked when the first has not answered for this long.
  var hedgeAfter: Duration = .milliseconds(400)
  /// All reading together.
  var readLimit: Duration = .milliseconds(800)
  /// How long to wait for what another replica is reading.
  var followLimit: Duration = .milliseconds(850)

  enum Decision: Sendable, Equatable { case serve, refresh }

  /// Whether what memory has may be served.
  func decide(age: Duration, _ view: ChainAccountView) -> Decision {
    age < (view.isActivated ? memory : min(memory, notActivated)) ? .serve : .refresh
  }

  func sharedLifetime(of view: ChainAccountView) -> Duration {
    view.isActivated ? shared : min(shared, notActivated)
  }
}

extension ChainAccountView {
  /// The last value known, when nobody can be asked. Its `asOf` tells its age.
  var stale: ChainAccountView {
    ChainAccountView(
      address: address, trx: trx, usdt: usdt, energy: energy, bandwidth: bandwidth, isActivated: isActivated,
      isContract: isContract, asOf: asOf, isStale: true)
  }
}
