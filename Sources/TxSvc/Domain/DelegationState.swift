/// How far an order's delegation is, as other services were told.
enum DelegationState: String, Codable, Sendable, CaseIterable {
  /// Capacity is reserved, nothing is signed.
  case planned
  /// At least one transaction is signed and on its way.
  case submitted
  /// All legs are in blocks.
  case confirmed
  /// All legs are solid.
  case final
  /// It cannot be delivered: what was delivered is taken back, what is on its way is waited for.
  case failing
  /// Nothing is or can ever be on chain.
  case failed
  /// The end was asked for.
  case reclaiming
  /// All legs are taken back, and that is solid.
  case reclaimed
}

/// One delegation of an order.
enum LegState: String, Codable, Sendable, CaseIterable {
  /// Sun is reserved, nothing is signed.
  case planned
  /// The delegate transaction is stored; it may be on chain.
  case signed
  /// In a block; a reorganisation can take it back.
  case inBlock = "in_block"
  /// Final on chain.
  case solid
  /// The reclaim transaction is stored; it may be on chain.
  case reclaiming
  /// Taken back for good.
  case reclaimed
  /// Never was and never will be on chain.
  case dead

  /// Whether its sun lies, or may lie, on chain or is promised to it.
  var isLive: Bool {
    switch self {
    case .planned, .signed, .inBlock, .solid, .reclaiming: true
    case .reclaimed, .dead: false
    }
  }

  var isOnChain: Bool {
    switch self {
    case .inBlock, .solid, .reclaiming: true
    case .planned, .signed, .reclaimed, .dead: false
    }
  }
}
