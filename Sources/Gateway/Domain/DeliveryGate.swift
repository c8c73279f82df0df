/// Holds new orders back while those that were accepted are delivered too late: an order behind thousands of others
/// would fail at its deadline. A value: time and counts are passed in.
///
/// It looks at all undelivered orders at every count. When many are late, the number that may be open is lowered below
/// what is open, once within the time that the next ones need to be late. When few are, it grows: fast up to where it
/// was lowered to, slowly beyond, since what is too much shows only when it is late. A standstill says nothing of how
/// much is too much: after one it grows fast to where it was. While there is no room one order is let through each
/// `probeEvery`, so that a chain that has stood still locks nobody out for ever.
struct DeliveryGate: Sendable, Equatable {
  struct Settings: Sendable, Equatable {
    /// From the acceptance to the delivery. Far above a block's time, far below order-svc's deadline.
    var goal = Duration.seconds(15)
    var minimum = 20
    /// Undelivered orders of all gateways, beyond which none is accepted but probes.
    var maximum = 5000
  }

  static let probeEvery = Duration.seconds(1)
  /// One order may be late for a reason of its own; beyond these, and a tenth of all, it is the system.
  private static let lateAlways = 5
  private static let lateShare = 10
  private static let slower = 0.7
  private static let fastGrowth = 1.2
  private static let slowGrowth = 1.003
  /// Nobody has been late for so many goals: the system has changed.
  private static let forgottenAfter = 20

  let settings: Settings
  private var limit: Double
  /// Up to here it grows fast.
  private var threshold: Double
  private var lowered: Duration?
  private var probed: Duration?

  init(_ settings: Settings = Settings()) {
    self.settings = settings
    limit = Double(max(settings.minimum, settings.maximum))
    threshold = limit
  }

  /// The most that may be undelivered at the moment.
  var current: Int { Int(limit) }

  /// - Parameters:
  ///   - open: orders that are accepted and not delivered.
  ///   - late: those among them that have been for longer than the goal.
  mutating func note(open: Int, late: Int, at now: Duration) {
    if late > max(Self.lateAlways, open / Self.lateShare) {
      if let lowered, now - lowered < settings.goal { return }
      limit = max(Double(settings.minimum), min(limit, Double(open)) * Self.slower)
      lowered = now
      let isStandstill = late * 10 >= open * 9
      if !isStandstill { threshold = limit }
    } else if open * 2 >= current {
      let isForgotten = lowered.map { now - $0 > settings.goal * Self.forgottenAfter } ?? true
      let growth = limit < threshold || isForgotten ? Self.fastGrowth : Self.slowGrowth
      limit = min(Double(settings.maximum), limit * growth)
    }
  }

  /// How an order was let through.
  enum Entry: Sendable, Equatable {
    case room
    /// There is none; it finds out whether that is still so.
    case probe
  }

  /// nil: it is held back.
  /// - Parameter open: as counted, and those let through since.
  mutating func enter(open: Int, at now: Duration) -> Entry? {
    if open < current { return .room }
    if let probed, now - probed < Self.probeEvery { return nil }
    probed = now
    return .probe
  }

  /// The probe was no order after all: the next one is let through at once.
  mutating func giveBackProbe() { probed = nil }
}
