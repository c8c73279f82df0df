import Logging
import Postgres
import Synchronization

/// Writes down trouble that repeats: of one condition one line every few seconds, with how many were left out before
/// it, and each at level `debug`. A condition that hundreds of messages meet at the same moment must not cost hundreds
/// of lines each time they look.
final class RepeatedTrouble: Sendable {
  private let logger: Logger
  private let pace = Mutex(TroublePace())

  init(_ logger: Logger) { self.logger = logger }

  /// - Parameters:
  ///   - condition: what makes it the same trouble, beside its message: a kind, a code, never an id.
  ///   - metadata: of this occurrence; only taken when it is written.
  func log(
    _ level: Logger.Level, _ message: String, of condition: String, _ metadata: @autoclosure () -> Logger.Metadata
  ) {
    if let leftOut = pace.withLock({ $0.note("\(message)/\(condition)", at: .now) }) {
      var metadata = metadata()
      if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
      logger.log(level: level, "\(message)", metadata: metadata)
    } else if logger.logLevel <= .debug {
      logger.debug("\(message)", metadata: metadata())
    }
  }

  /// What kind of error it is: the same for all that differ only in their words.
  static func kind(_ error: any Error) -> String {
    (error as? PostgresError).map { "PostgresError \($0.code)" } ?? "\(type(of: error))"
  }
}

/// Which of many like occurrences are told.
struct TroublePace {
  static let interval: Duration = .seconds(5)
  /// More conditions than this are not remembered: then some are told a little often.
  private static let conditionsMax = 1_000

  private var told: [String: (at: ContinuousClock.Instant, leftOut: Int)] = [:]

  /// nil: it is left out; else how many were since the last that was told.
  mutating func note(_ condition: String, at now: ContinuousClock.Instant) -> Int? {
    if let last = told[condition], now - last.at < Self.interval {
      told[condition] = (last.at, last.leftOut + 1)
      return nil
    }
    let leftOut = told[condition]?.leftOut ?? 0
    if told.count >= Self.conditionsMax { told = [:] }
    told[condition] = (now, 0)
    return leftOut
  }
}
