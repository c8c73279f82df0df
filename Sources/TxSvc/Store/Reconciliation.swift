import BusKit
import Foundation
import TronKit

/// How far the full comparison of one wallet's receivers is. The next run goes on where this one stopped.
struct Reconciliation: Row {
  static let table = "reconciliations"

  /// The wallet.
  let id: TronAddress
  /// Names the run: an effect of another is over.
  var night: Date
  /// The last receiver compared; empty at the beginning. Receivers are compared in the order of their text.
  var afterReceiver = ""
  var pairs: Int64 = 0
  var suspects: Int64 = 0
  /// It has compared as many as one night may.
  var isPartial = false
  var startedAt: Date
  var finishedAt: Date?

  var rowKey: String { id.base58 }

  /// Begins another run. What an unfinished or partial one has compared already is not compared first.
  mutating func begin(_ night: Date, now: Date) {
    if finishedAt != nil, !isPartial { afterReceiver = "" }
    self.night = night
    pairs = 0
    suspects = 0
    isPartial = false
    startedAt = now
    finishedAt = nil
  }
}
