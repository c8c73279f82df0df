import BusKit
import Contracts
import TronKit

/// How custody is compared with the chain.
struct CustodySettings: Sendable {
  /// The owner's own addresses as they are configured, beside those that the database remembers.
  var treasury: [TronAddress] = []
  /// When, each day, in UTC.
  var hour = 3
  var minute = 40
  /// What the pool may differ by, in sun: what running orders have burned is booked when they end.
  var poolSunTolerance: Int64 = 100 * Sun.perTRX
  var policy = CustodyPolicy()
  /// Between two readings; with many addresses longer (`pause(after:)`).
  var pause: Duration = .seconds(60)
  /// Between two readings of a difference that was told.
  var openPause: Duration = .seconds(600)
  /// After tx-svc did not answer.
  var retryPause: Duration = .seconds(300)

  /// Each address costs tx-svc's nodes a few requests: a second more for ten of them.
  func pause(after addresses: Int) -> Duration { pause + (addresses > 100 ? .seconds(addresses / 10) : .zero) }

  func tolerance(_ place: LedgerAccount.Custody, _ currency: Currency) -> Int64 {
    place == .pool && currency == .trx ? poolSunTolerance : 0
  }

  static func read(_ reader: inout EnvironmentReader) -> CustodySettings {
    var settings = CustodySettings()
    (settings.hour, settings.minute) = time(&reader)
    settings.poolSunTolerance = reader.integer(
      "ENERGY_CUSTODY_POOL_SUN_TOLERANCE", default: settings.poolSunTolerance, in: 0...Int64.max / 4)
    return settings
  }

  private static func time(_ reader: inout EnvironmentReader) -> (hour: Int, minute: Int) {
    let usual = CustodySettings()
    guard let text = reader.optional("ENERGY_CUSTODY_AT") else { return (usual.hour, usual.minute) }
    if let time = text.wholeMatch(of: /([01][0-9]|2[0-3]):([0-5][0-9])/), let hour = Int(time.1),
      let minute = Int(time.2)
    {
      return (hour, minute)
    }
    reader.mistake("ENERGY_CUSTODY_AT is '\(text)': give a time of the day in UTC such as 03:40")
    return (usual.hour, usual.minute)
  }
}
