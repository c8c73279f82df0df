import TronKit

/// Which wallet the next leg of an order is taken from. Pure and without memory: the same offers always give the same
/// legs.
protocol WalletStrategy: Sendable {
  /// - Parameters:
  ///   - open: what may be chosen: not empty, each able to carry something, ordered by available sun and then address.
  ///   - stake: the sun for all that the order still misses. A wallet with less takes as much as it can.
  /// - Returns: the position in `open`.
  func choose(from open: [LegPlanner.Offer], for stake: Sun) -> Int
}

/// The strategies by the names that the configuration uses.
enum WalletChoice: String, CaseIterable, Sendable {
  case mostFree = "most_free"
  case bestFit = "best_fit"
  case leastFragmentation = "least_fragmentation"

  var strategy: any WalletStrategy {
    switch self {
    case .mostFree: MostFree()
    case .bestFit: BestFit()
    case .leastFragmentation: LeastFragmentation()
    }
  }
}

/// The wallet with the most to lend: spreads orders, usage and bandwidth over the pool. Never more legs than needed.
struct MostFree: WalletStrategy {
  func choose(from open: [LegPlanner.Offer], for stake: Sun) -> Int { open.count - 1 }
}

/// The wallet with the least to spare that carries everything, so that large orders still find room; where none does,
/// the largest, and the rest again by the tightest fit.
struct BestFit: WalletStrategy {
  func choose(from open: [LegPlanner.Offer], for stake: Sun) -> Int {
    open.firstIndex { $0.available >= stake } ?? open.count - 1
  }
}

/// The fewest legs, and of those choices the one that leaves the least that is of no use: one leg goes to the wallet
/// that orders of this size fill best; several go to the smallest wallets that still make do with so few, which are
/// used up while the large ones stay whole.
struct LeastFragmentation: WalletStrategy {
  func choose(from open: [LegPlanner.Offer], for stake: Sun) -> Int {
    let whole = open.indices.filter { open[$0].available >= stake }
    let rest = { (index: Int) in open[index].available.value % max(1, stake.value) }
    if let tidiest = whole.min(by: { (rest($0), $0) < (rest($1), $1) }) { return tidiest }

    let need = Int128(stake.value)
    var largest = Int128(0)
    var legs = 0
    while largest < need, legs < open.count {
      legs += 1
      largest += Int128(open[open.count - legs].available.value)
    }
    guard largest >= need else { return open.count - 1 }
    // Beside the largest but one of so many legs, this one has to carry what those leave.
    let others = largest - Int128(open[open.count - legs].available.value)
    return open.firstIndex { Int128($0.available.value) + others >= need } ?? open.count - 1
  }
}
