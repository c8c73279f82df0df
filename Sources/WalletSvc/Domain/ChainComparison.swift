import Contracts

/// What two APIs say of one address. Energy and bandwidth are left out: they recover from block to block, so that two
/// honest answers differ.
enum ChainComparison {
  enum Verdict: String, Sendable, Equatable {
    case agree
    /// They differed, and what differed has moved since: one is late.
    case late
    /// They differ, and have both stayed with what they said for longer than an index lags: one of them is wrong.
    case dispute
  }

  /// The fields that differ, in words for the log.
  static func differences(_ first: ChainReading, _ second: ChainReading) -> [String] {
    var fields: [String] = []
    if first.isActivated != second.isActivated { fields.append("activated") }
    if first.isContract != second.isContract { fields.append("contract") }
    if first.trx != second.trx { fields.append("trx") }
    if first.usdt != second.usdt { fields.append("usdt") }
    return fields
  }

  /// - Parameters:
  ///   - before: what the two said.
  ///   - after: what they said `ChainCachePolicy.compareAgainAfter` later.
  static func verdict(
    before: (ChainReading, ChainReading), after: (ChainReading, ChainReading)
  ) -> Verdict {
    if differences(after.0, after.1).isEmpty { return .agree }
    let haveStayed = differences(before.0, after.0).isEmpty && differences(before.1, after.1).isEmpty
    return haveStayed ? .dispute : .late
  }

  /// Whether a reading takes back what cannot be undone: an address that is activated stays so.
  static func denies(_ reading: ChainReading, _ last: ChainAccountView?) -> Bool {
    !reading.isActivated && last?.isActivated == true
  }
}
