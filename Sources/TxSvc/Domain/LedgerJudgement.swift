import Contracts
import TronKit

/// One comparison of our rows with the solid chain: a wallet's total, or what it lends to one receiver.
struct LedgerReading: Sendable, Equatable {
  enum Verdict: Sendable, Equatable {
    case agrees
    /// Transactions are on their way, and the figures fit no better without knowing how they end.
    case undecided
    case differs(LedgerDiffers.Kind)
  }

  let bounds: LedgerBounds
  let chain: Sun
  /// The solid block that was read.
  let block: Int64
  let isTotal: Bool

  var ours: Sun { bounds.nearest(chain) }

  var verdict: Verdict {
    if bounds.contains(chain) { return bounds.isExact || isTotal ? .agrees : .undecided }
    if isTotal { return .differs(.walletTotal) }
    guard bounds.isExact else { return .undecided }
    if bounds.most == .zero { return .differs(.unknownDelegation) }
    return .differs(chain == .zero ? .missingDelegation : .amount)
  }
}

/// What follows from a comparison for what is known of the difference. Two solid blocks must show it before anybody is
/// told; nothing is told twice.
enum LedgerJudgement: Sendable, Equatable {
  case nothing
  /// Seen for the first time, or now in another way: look again later.
  case suspect
  /// It was a passing one.
  case forget
  case report
  /// Known and told; only the figures are brought up to date.
  case keep
  case settle

  struct Known: Sendable, Equatable {
    let state: LedgerDifferencesView.State
    let kind: LedgerDiffers.Kind
    /// The chain has more than we.
    let isMore: Bool
    let block: Int64
  }

  static func of(_ reading: LedgerReading, _ known: Known?) -> LedgerJudgement {
    switch (reading.verdict, known?.state) {
    case (.undecided, _): return .nothing
    case (.agrees, nil), (.agrees, .settled): return .nothing
    case (.agrees, .suspected): return .forget
    case (.agrees, .reported): return .settle
    case (.differs, nil), (.differs, .settled): return .suspect
    case (.differs, .reported): return .keep
    case (.differs(let kind), .suspected):
      guard let known, known.kind == kind, known.isMore == (reading.chain > reading.ours) else { return .suspect }
      return reading.block > known.block ? .report : .nothing
    }
  }
}
