import Contracts
import Foundation

/// How long a chain balance may be shown again, and how long anything is waited for. Somebody who was told "not
/// activated" activates the address and comes right back: that answer lives for seconds only, everywhere.
struct ChainCachePolicy: Sendable, Equatable {
  /// In this process' memory.
  var memory: Duration = .seconds(3)
  /// In Redis, for all replicas.
  var shared: Duration = .seconds(60)
  /// An address that is not activated, in either.
  var notActivated: Duration = .seconds(3)
  /// That no API answered, in either: for so long nobody asks them again about this address.
  var unanswered: Duration = .seconds(2)
  /// Addresses in memory. Beyond it old ones go.
  var memoryCountMax = 10_000
  /// The second API is asked when the first has not answered for this long.
  var hedgeAfter: Duration = .milliseconds(400)
  /// All reading together.
  var readLimit: Duration = .milliseconds(800)
  /// How long one step of a cache may take. What is later is dropped, and the step counts as failed.
  var cacheLimit: Duration = .milliseconds(250)
  /// After this another replica may read an address whose reader has died. Longer than a read.
  var lockLifetime: Duration = .milliseconds(1_200)
  /// How long to wait for what another replica is reading.
  var followLimit: Duration = .milliseconds(850)
  /// Every so many readings the other API is asked for the same address.
  var compareEvery = 20
  /// The two may differ for so long without either lying: they lag the chain by seconds.
  var compareAgainAfter: Duration = .seconds(15)
  /// How long only the first API is believed about an address on which they differ.
  var dispute: Duration = .seconds(600)

  enum Decision: Sendable, Equatable { case serve, refresh }

  /// Whether what memory has may be served.
  func decide(age: Duration, _ view: ChainAccountView) -> Decision {
    if view.isStale { return age < min(memory, unanswered) ? .serve : .refresh }
    return age < (view.isActivated ? memory : min(memory, notActivated)) ? .serve : .refresh
  }

  func sharedLifetime(of view: ChainAccountView) -> Duration {
    view.isActivated ? shared : min(shared, notActivated)
  }
}

extension ChainAccountView {
  /// A value that says the same is written anew after this, so that its age is told about right.
  private static let keptMost: TimeInterval = 600

  /// Whether it is to take the place of the last value kept, which is nil where there is none.
  func isWorthKeeping(after last: ChainAccountView?) -> Bool {
    guard let last, last.trx == trx, last.usdt == usdt, last.isActivated == isActivated, last.isContract == isContract
    else { return true }
    return asOf.timeIntervalSince(last.asOf) > Self.keptMost
  }

  /// The last value known, when nobody can be asked. Its `asOf` tells its age.
  var stale: ChainAccountView {
    ChainAccountView(
      address: address, trx: trx, usdt: usdt, energy: energy, bandwidth: bandwidth, isActivated: isActivated,
      isContract: isContract, asOf: asOf, isStale: true)
  }
}
