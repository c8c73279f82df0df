import BusKit

/// What a replica of the release before records, which looked at tables that nothing is written to any more:
/// `LedgerRecentCheck` and `LedgerFullCheck` have taken over. Ends at once.
struct LedgerCheck: Effect {
  static let kind = "wallet.LedgerCheck"
  let isFull: Bool
  var orderKey: String { "ledger-check" }

  static func register(in service: inout Service) {
    service.effect(LedgerCheck.self) { _, _ in .done() }
  }
}
