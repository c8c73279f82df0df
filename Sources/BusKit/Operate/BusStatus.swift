import Foundation

/// What a service has in its Postgres that concerns the bus.
public struct GetBusStatus: OperatorQuery {
  public static let messageType = "bus.GetBusStatus"
  public typealias Reply = BusStatus
  public init() {}
}

/// What waits in one service's Postgres.
public struct BusStatus: Codable, Sendable, Equatable {
  /// Which service answers.
  public var service: String
  /// The replica that answered.
  public var process: String
  /// Counts and ages.
  public var figures: StoreFigures

  public init(service: String, process: String, figures: StoreFigures) {
    self.service = service
    self.process = process
    self.figures = figures
  }
}

/// How much waits in a service's Postgres, and for how long.
public struct StoreFigures: Codable, Sendable, Equatable {
  /// How many, and the age of the oldest in seconds; 0 when there is none.
  public struct Backlog: Codable, Sendable, Equatable {
    /// How many wait.
    public var count: Int
    /// The age of the oldest; 0: none.
    public var oldestSeconds: Double

    public init(count: Int, oldestSeconds: Double) {
      self.count = count
      self.oldestSeconds = oldestSeconds
    }
  }

  /// Effects of one kind in one state.
  public struct EffectBacklog: Codable, Sendable, Equatable {
    /// `Effect.kind`
    public var kind: String
    /// `pending`, `running` or `dead`.
    public var state: String
    /// How many there are.
    public var count: Int
    /// Since the oldest was recorded.
    public var oldestSeconds: Double
    /// By how much the one that is due for longest and not running is late; 0 when none is.
    public var lateSeconds: Double

    public init(kind: String, state: String, count: Int, oldestSeconds: Double, lateSeconds: Double) {
      self.kind = kind
      self.state = state
      self.count = count
      self.oldestSeconds = oldestSeconds
      self.lateSeconds = lateSeconds
    }
  }

  /// Postgres' clock, milliseconds since 1970.
  public var postgresMilliseconds: Int64
  /// Messages that should have been sent. What has just been committed counts after the grace of the outbox.
  public var outbox: Backlog
  /// Messages for a later time.
  public var delayed: Int
  /// Messages in the outbox's default partition: those of a day that had none of its own.
  public var withoutDay: Int
  /// Whether messages are being sent again because Redis has changed.
  public var isResending: Bool
  /// Deliveries whose next attempt is further away than a lease.
  public var parked: Backlog
  /// By kind and state.
  public var effects: [EffectBacklog]
  /// As Postgres estimates it.
  public var inboxRows: Int

  public init(
    postgresMilliseconds: Int64, outbox: Backlog, delayed: Int, withoutDay: Int = 0, isResending: Bool = false,
    parked: Backlog, effects: [EffectBacklog], inboxRows: Int
  ) {
    self.postgresMilliseconds = postgresMilliseconds
    self.outbox = outbox
    self.delayed = delayed
    self.withoutDay = withoutDay
    self.isResending = isResending
    self.parked = parked
    self.effects = effects
    self.inboxRows = inboxRows
  }
}

/// Effects, those recorded first come first.
public struct ListEffects: OperatorQuery {
  public static let messageType = "bus.ListEffects"
  public typealias Reply = [EffectView]
  /// More are not shown at once: an answer is a message with a limit.
  public static let limitMax = 200
  /// nil: of every kind, in every state, all.
  public let kind: String?
  /// Only these; nil: all.
  public let state: EffectEntry.State?
  /// Only this one; nil: all.
  public let id: UUID?
  /// At most so many, and never more than `limitMax`.
  public let limit: Int
  /// Whether the payload of `id` is shown; it may hold what not every operator should read.
  public let showsPayload: Bool

  public init(
    kind: String? = nil, state: EffectEntry.State? = nil, id: UUID? = nil, limit: Int = 50, showsPayload: Bool = false
  ) {
    self.kind = kind
    self.state = state
    self.id = id
    self.limit = limit
    self.showsPayload = showsPayload
  }
}

/// An effect as operators see it.
public struct EffectView: Codable, Sendable, Equatable {
  /// The effect's id, which is the idempotency key towards the world.
  public let id: UUID
  /// `Effect.kind`
  public let kind: String
  /// `Effect.orderKey`
  public let orderKey: String
  /// `pending`, `running` or `dead`.
  public let state: String
  /// Runs that have begun.
  public let attempts: Int
  /// When it is due.
  public let nextAt: Date
  /// When its handler recorded it.
  public let createdAt: Date
  /// What its last run failed with, or empty.
  public let lastError: String
  /// The beginning of it, when it was asked for.
  public let payload: String?
}

/// Deliveries whose next attempt is further away than a lease, the next first.
public struct ListParked: OperatorQuery {
  public static let messageType = "bus.ListParked"
  public typealias Reply = [ParkedView]
  /// The most that one answer lists.
  public static let limitMax = 200
  /// At most so many, and never more than `limitMax`.
  public let limit: Int
  public init(limit: Int = 50) { self.limit = limit }
}

/// A message that waits in Postgres for another try, as operators see it.
public struct ParkedView: Codable, Sendable, Equatable {
  /// The message's id.
  public let message: String
  /// The topic it came from.
  public let topic: String
  /// `Message.messageType`
  public let type: String
  /// `Message.messageKey`
  public let key: String
  /// Tries so far.
  public let attempts: Int
  /// When the next try is due.
  public let availableAt: Date
  /// What the last try failed with.
  public let reason: String
}

/// Asks for a service's schedules.
public struct ListSchedules: OperatorQuery {
  public static let messageType = "bus.ListSchedules"
  public typealias Reply = [ScheduleView]
  public init() {}
}

/// A schedule as operators see it.
public struct ScheduleView: Codable, Sendable, Equatable {
  /// Unique in its service.
  public let name: String
  /// The interval or cron expression.
  public let definition: String
  /// When it fires next, if it is not held back.
  public let nextAt: Date
  /// Of the tick that failed last, until one succeeds.
  public let lastError: String
}
