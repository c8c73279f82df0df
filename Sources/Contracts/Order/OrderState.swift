/// Where an order stands. Customers see `status`.
public enum OrderState: String, Codable, Sendable, CaseIterable {
  case placed, funded, delegating, cancelling, delivered, active, ending, completed, rejected, failed, cancelled

  public var isTerminal: Bool {
    switch self {
    case .completed, .rejected, .failed, .cancelled: true
    case .placed, .funded, .delegating, .cancelling, .delivered, .active, .ending: false
    }
  }

  public var status: OrderStatus {
    switch self {
    case .placed: .pending
    case .funded, .delegating, .cancelling: .processing
    case .delivered, .active: .active
    case .ending, .completed: .completed
    case .rejected, .failed: .failed
    case .cancelled: .cancelled
    }
  }
}

/// What a customer sees of an order's state.
public enum OrderStatus: String, Codable, Sendable, CaseIterable {
  case pending, processing, active, completed, failed, cancelled
}

/// Why an order ended without energy. Stable codes: the API, the bot's texts and the metrics share them.
public enum OrderFailure: String, Codable, Sendable, CaseIterable, Error {
  case expired, priceChanged = "price_changed", unknownProduct = "unknown_product"
  case energyOutOfRange = "energy_out_of_range"
  case insufficientBalance = "insufficient_balance", alreadyReleased = "already_released"
  case receiverNotActivated = "receiver_not_activated", receiverIsContract = "receiver_is_contract"
  case receiverNotAllowed = "receiver_not_allowed"
  case poolEmpty = "pool_empty", signingPaused = "signing_paused", deadline, chainRefused = "chain_refused"
  case cancelledByCustomer = "cancelled_by_customer"
}
