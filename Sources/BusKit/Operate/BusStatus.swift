import Foundation

/// What a service has in its Postgres that concerns the bus.
public struct GetBusStatus: OperatorQuery {
  public static let messageType = "bus.GetBusStatus"
  public typealias Reply = BusStatus
  public init() {}
}

public struct BusStatus: Codable, Sendable, Equatable {
  public var service: String
  /// The replica that answered.
  public var process: String
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
    public var count: Int
    public var oldestSeconds: Double

    public init(count: Int, oldestSeconds: Double) {
      self.count = count
      self.oldestSeconds = oldestSeconds
    }
  }

  /// Effects of one kind in one state.
  public struct EffectBacklog: Codable, Sendable, Equatable {
    public var kind: String
    /// `pending`, `running` or `dead`.
    public var state: String
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
  public let state: EffectEntry.State?
  public let id: UUID?
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

public struct EffectView: Codable, Sendable, Equatable {
  public let id: UUID
  public let kind: String
  public let orderKey: String
  /// `pending`, `running` or `dead`.
  public let state: String
  public let attempts: Int
  public let nextAt: Date
  public let createdAt: Date
  public let lastError: String
  /// The beginning of it, when it was asked for.
  public let payload: String?
}

/// Deliveries whose next attempt is further away than a lease, the next first.
public struct ListParked: OperatorQuery {
  public static let messageType = "bus.ListParked"
  public typealias Reply = [ParkedView]
  public static let limitMax = 200
  public let limit: Int
  public init(limit: Int = 50) { self.limit = limit }
}

public struct ParkedView: Codable, Sendable, Equatable {
  public let message: String
  public let topic: String
  public let type: String
  public let key: String
  public let attempts: Int
  public let availableAt: Date
  public let reason: String
}

public struct ListSchedules: OperatorQuery {
  public static let messageType = "bus.ListSchedules"
  public typealias Reply = [ScheduleView]
  public init() {}
}

public struct ScheduleView: Codable, Sendable, Equatable {
  public let name: String
  /// The interval or cron expression.
  public let definition: String
  public let nextAt: Date
  /// Of the tick that failed last, until one succeeds.
  public let lastError: String
}
