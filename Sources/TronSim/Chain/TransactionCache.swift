/// The transaction ids a node was handed lately. An id goes in before anything is checked, and a refusal leaves it
/// there: a refused transaction that is sent again is answered as a duplicate although no pool holds it.
struct TransactionCache: Sendable {
  enum Fate: Sendable {
    case refused, accepted
  }

  /// java-tron keeps some 100,000 ids.
  static let maximum = 100_000
  private static let forgottenAtOnce = 4_096

  private var fates: [TransactionID: Fate] = [:]
  private var order: [TransactionID] = []

  func fate(of id: TransactionID) -> Fate? { fates[id] }

  /// `false` when the id is there already. A new one counts as refused until it is accepted.
  mutating func insert(_ id: TransactionID) -> Bool {
    guard fates[id] == nil else { return false }
    fates[id] = .refused
    order.append(id)
    if order.count > Self.maximum + Self.forgottenAtOnce {
      for old in order.prefix(Self.forgottenAtOnce) { fates[old] = nil }
      order.removeFirst(Self.forgottenAtOnce)
    }
    return true
  }

  mutating func accept(_ id: TransactionID) {
    if insert(id) || fates[id] == .refused { fates[id] = .accepted }
  }
}
