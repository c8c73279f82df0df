extension Service {
  /// One firing per interval, whatever the number of replicas; the first at once. Missed ones are made up for by one.
  public mutating func every(
    _ name: String, _ interval: Duration, needs: [Need] = [], apply: @escaping @Sendable (UnitOfWork) throws -> Void
  ) {
    every(name, interval, missed: .skip, needs: needs) { _, unit in try apply(unit) }
  }

  /// One firing per interval, whatever the number of replicas; the first at once. The time of the next is kept in
  /// Postgres, whose clock decides; ticks stay on the grid that the first one began.
  ///
  /// A tick runs in one transaction with its bookkeeping: once, or not at all. When `apply` throws it is tried again
  /// after 1 s, growing to a minute, or when `TransientFailure` or `Throttled` say, at most a week later; the error
  /// stands in `schedules`. When Postgres' clock is set back by more than a tick, those that it fired ahead of time
  /// come again.
  /// - Parameters:
  ///   - name: unique in the service, and kept: another name is another schedule.
  ///   - interval: at least a millisecond. A changed interval counts from when it was changed.
  ///   - apply: synchronous and repeatable, as for messages.
  public mutating func every(
    _ name: String, _ interval: Duration, missed: MissedTicks, needs: [Need] = [],
    apply: @escaping @Sendable (Tick, UnitOfWork) throws -> Void
  ) {
    precondition(interval >= .milliseconds(1), "the interval of '\(name)' is \(interval); give at least a millisecond")
    schedule(ScheduledWork(name: name, schedule: .interval(interval), missed: missed, needs: needs, apply: apply))
  }

  /// One firing per time that a cron expression names, whatever the number of replicas; see `CronExpression` for what
  /// can be written and what happens when clocks change, and `every` for the rest.
  ///
  /// When the expression or the zone of a name has changed, the next time is computed anew and what was missed under
  /// the old one is dropped.
  /// - Parameter timeZone: an identifier of the tz database.
  /// - Throws: `CronError` when the expression cannot be read or would never fire.
  public mutating func cron(
    _ name: String, _ expression: String, timeZone: String = "UTC", missed: MissedTicks = .skip, needs: [Need] = [],
    apply: @escaping @Sendable (Tick, UnitOfWork) throws -> Void
  ) throws(CronError) {
    let schedule = Schedule.cron(try CronExpression(expression, timeZone: timeZone))
    self.schedule(ScheduledWork(name: name, schedule: schedule, missed: missed, needs: needs, apply: apply))
  }

  private mutating func schedule(_ work: ScheduledWork) {
    precondition(!schedules.contains { $0.name == work.name }, "two schedules are named '\(work.name)'")
    schedules.append(work)
  }
}
