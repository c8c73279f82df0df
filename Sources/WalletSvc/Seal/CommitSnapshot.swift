/// Which transactions were committed at one moment, as Postgres writes it (`pg_snapshot`): those below `xmax` that are
/// not among the ones `open` then.
struct CommitSnapshot: Sendable, Equatable {
  let xmax: UInt64
  /// Transactions below `xmax` that were under way, in rising order.
  let open: [UInt64]

  init(xmax: UInt64, open: [UInt64]) {
    self.xmax = xmax
    self.open = open
  }

  /// nil for what is no snapshot.
  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let xmin = UInt64(parts[0]), let xmax = UInt64(parts[1]), xmin <= xmax else { return nil }
    let open = parts[2].split(separator: ",").map { UInt64($0) }
    guard !open.contains(nil) else { return nil }
    self.init(xmax: xmax, open: open.compactMap { $0 })
  }

  var text: String { "\(open.first ?? xmax):\(xmax):\(open.map(String.init).joined(separator: ","))" }

  /// Those of its transactions that come before `limit`, and at least all that `base` has: an earlier moment as far as
  /// a block is concerned, so that the block is not too large.
  func cut(before limit: UInt64, keeping base: CommitSnapshot) -> CommitSnapshot {
    let xmax = min(xmax, max(limit, base.xmax))
    return CommitSnapshot(xmax: xmax, open: open.filter { $0 < xmax })
  }
}
