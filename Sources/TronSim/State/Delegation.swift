/// Stake lent by one account to another: for each resource an unlocked part and a locked part with its expiry.
/// Amounts in sun.
struct Delegation: Sendable, Equatable {
  struct Pair: Hashable, Sendable {
    let from: Address
    let to: Address
  }

  struct Part: Sendable, Equatable {
    var unlocked: Int64 = 0
    var locked: Int64 = 0
    /// 0 when nothing is locked.
    var expiresAtMs: Int64 = 0

    /// Moves a locked amount whose expiry lies strictly before `nowMs` to the unlocked one.
    mutating func release(at nowMs: Int64) {
      guard expiresAtMs < nowMs else { return }
      unlocked += locked
      locked = 0
      expiresAtMs = 0
    }
  }

  var energy = Part()
  var bandwidth = Part()

  subscript(resource: Resource) -> Part {
    get { resource == .energy ? energy : bandwidth }
    set {
      if resource == .energy { energy = newValue } else { bandwidth = newValue }
    }
  }

  var isEmpty: Bool { self == Delegation() }
}
