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
  var hourEnergy: Energy

  init(mode: SetSigning.Mode = .everything, hourStartedAt: Date, hourEnergy: Energy = .zero) {
    id = Self.key
    self.mode = mode
    self.hourStartedAt = hourStartedAt
    self.hourEnergy = hourEnergy
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
