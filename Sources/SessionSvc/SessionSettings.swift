import BusKit

/// What can be set about the conversation.
struct SessionSettings: Sendable {
  /// The URL before a transaction id, e.g. `https://tronscan.org/#/transaction/`; nil: no link (a simulated chain
  /// has no explorer).
  var explorer: String?

  static func read(_ reader: inout EnvironmentReader) -> SessionSettings {
    var settings = SessionSettings()
    if reader.optional("ENERGY_EXPLORER_URL") != nil {
      settings.explorer = reader.url("ENERGY_EXPLORER_URL").map { $0 + "/" }
    }
    return settings
  }
}
