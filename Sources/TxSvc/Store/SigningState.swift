import BusKit
import Contracts
import Foundation
import TronKit

/// The kill switch, and what was promised within the running hour.
struct SigningState: Row {
  static let table = "signing_state"
  static let key = "signing"

  let id: String
  var mode: SetSigning.Mode
  var hourStartedAt: Date
  /// Of the orders that were taken.
  var hourEnergy: Energy
  /// Staked sun of the legs that they were planned with. A leg that replaces a dead one uses what that one did not.
  var hourStake: Sun

  init(
    mode: SetSigning.Mode = .everything, hourStartedAt: Date, hourEnergy: Energy = .zero, hourStake: Sun = .zero
  ) {
    id = Self.key
    self.mode = mode
    self.hourStartedAt = hourStartedAt
    self.hourEnergy = hourEnergy
    self.hourStake = hourStake
  }

  /// Begins the next hour when this one is over.
  mutating func roll(to now: Date) {
    guard now.timeIntervalSince(hourStartedAt) >= 3600 else { return }
    hourStartedAt = now
    hourEnergy = .zero
    hourStake = .zero
  }

  var rowKey: String { id }
}

extension SetSigning.Mode {
  func allows(_ purpose: StoredTransaction.Purpose) -> Bool {
    switch (self, purpose) {
    case (.everything, _): true
    case (.reclaimsOnly, .reclaim): true
    case (.reclaimsOnly, .delegate): false
    case (.nothing, _): false
    }
  }
}
