import Foundation

/// Holds new orders back while those that were accepted are delivered too late: an order behind thousands of others
/// would fail at its deadline. A value: counts and time are passed in.
///
/// - While few are late there is room up to the maximum. When many are, and for one goal after that, orders are held
///   back.
/// - Then no more may wait than are delivered within two thirds of a goal at the pace of late: at that pace they are
///   delivered within the next goal, though deliveries come in blocks. The pace is the best of the last goals, which is
///   forgotten by half in five of them, and no more than four times that of the moment: after a standstill as many come
///   as before it, and where deliveries take longer though few are under way, holding back more would help nobody.
/// - Nor are more let in at a time than half as many again as are delivered meanwhile: a crowd that is let in at once
///   is delivered at once, seconds later, and whoever came after it would have found no room. This cap is each
///   process' own though the deliveries are those of all gateways: several of them let in so many times as much.
/// - Orders that have stood still for long take no room from those that come after them. Behind a standstill a few are
///   let in all the same: they find out when it is over.
struct DeliveryGate: Sendable, Equatable {
  struct Settings: Sendable, Equatable {
    /// From the acceptance to the delivery. Far above a block's time, far below order-svc's deadline.
    var goal = Duration.seconds(15)
    /// So many that were placed within two goals may always wait.
    var minimum = 20
    /// Undelivered orders of all gateways.
    var maximum = 5000
  }

  /// Orders of all gateways.
  struct Counts: Sendable, Equatable {
    /// Accepted, and never delivered as far as this service knows.
    var undelivered = 0
    /// Those among them that were placed longer ago than `lateAfter`.
    var late = 0
    /// Those among them that were placed within `recentWithin`, and those that are about to be placed.
    var recent = 0
    /// Delivered within the goal. It is not looked at while nobody is held back.
    var delivered = 0
    /// Those among them that were delivered within `lateAfter`.
    var deliveredLately = 0
  }

  /// One order may be late for a reason of its own; beyond these, and a tenth of all, it is the system.
  static let lateAlways = 5
  private static let lateShare = 10
  private static let goalsToForgetHalf = 5.0
  private static let timesTheMoment = 4.0
  private static let growth = 1.5

  let settings: Settings
  /// When many were late.
  private var late: Duration?
  /// How many are delivered within a goal, as far as is remembered.
  private var pace = 0.0
  private var counted: Duration?

  init(_ settings: Settings = Settings()) { self.settings = settings }

  /// While the queue grows, who comes waits for longer than its head has: it has to be seen early.
  var lateAfter: Duration { settings.goal / 3 }
  var recentWithin: Duration { settings.goal * 2 }

  /// Whether orders are held back for what was seen before.
  /// - Parameter now: time since any fixed instant.
  func holdsBack(at now: Duration) -> Bool { late.map { now - $0 < settings.goal } ?? false }

  /// How many more may be accepted until they are counted again.
  /// - Parameters:
  ///   - step: the time until then.
  ///   - now: time since any fixed instant.
  mutating func room(_ counts: Counts, step: Duration, at now: Duration) -> Int {
    if counts.late > max(Self.lateAlways, counts.undelivered / Self.lateShare) { late = now }
    let goalsPassed = counted.map { (now - $0) / settings.goal } ?? 0
    counted = now
    pace = max(Double(counts.delivered), pace * pow(0.5, goalsPassed / Self.goalsToForgetHalf))
    let most = settings.maximum - counts.undelivered
    guard holdsBack(at: now) else { return max(settings.minimum - counts.recent, most, 0) }
    let atTheMoment = Double(counts.deliveredLately) * (settings.goal / lateAfter)
    let inGoal = max(Double(counts.delivered), min(pace, Self.timesTheMoment * atTheMoment))
    let carried = Int(inGoal * 2 / 3) - counts.recent
    let steps = max(inGoal, atTheMoment) * (step / settings.goal)
    return max(settings.minimum - counts.recent, min(most, carried, Int((Self.growth * steps).rounded(.up))), 0)
  }
}
