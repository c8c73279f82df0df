/// Holds new orders back while those that were accepted are delivered too late: an order behind thousands of others
/// would fail at its deadline. A value without a memory: it is told the counts of the moment, and whether it held back.
///
/// While few are late there is room up to the maximum. When many are, and for one goal after that, no more may wait than
/// are delivered within two thirds of the goal: at that rate, whatever it is, they are delivered within the next goal,
/// though deliveries come in blocks. This follows the deliveries at once, in both directions. Nor are more let in at a
/// time than twice as many as are delivered meanwhile: a crowd that is let in at once is delivered at once, seconds later,
/// and whoever came after it would have found no room. Orders that have stood still for long take no room from those that come
/// after them.
/// Behind a standstill a few are let in all the same: they find out when it is over.
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

  let settings: Settings

  init(_ settings: Settings = Settings()) { self.settings = settings }

  /// While the queue grows, who comes waits for longer than its head has: it has to be seen early.
  var lateAfter: Duration { settings.goal / 3 }
  var recentWithin: Duration { settings.goal * 2 }

  func areLate(_ counts: Counts) -> Bool { counts.late > max(Self.lateAlways, counts.undelivered / Self.lateShare) }

  /// How many more may be accepted until they are counted again.
  /// - Parameters:
  ///   - holdsBack: whether many are late, or were within the last goal.
  ///   - step: the time until then.
  func room(_ counts: Counts, holdsBack: Bool, step: Duration) -> Int {
    let most = settings.maximum - counts.undelivered
    guard holdsBack else { return max(settings.minimum - counts.recent, most, 0) }
    let carried = counts.delivered * 2 / 3 - counts.recent
    let pace = Int((2 * Double(counts.deliveredLately) * (step / lateAfter)).rounded(.up))
    return max(settings.minimum - counts.recent, min(most, carried, pace), 0)
  }
}
