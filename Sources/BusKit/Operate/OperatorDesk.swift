import Foundation
import Logging

/// Applies operators' commands to a service's own part of the bus and answers their questions.
struct OperatorDesk: Sendable {
  typealias Audit = @Sendable (AppliedAction, UnitOfWork) throws -> Void

  let service: String
  /// Those that the service reads.
  let topics: [Topic]
  let audits: [Audit]

  // MARK: - Questions

  var queries: [String: QueryHandler] {
    [
      GetBusStatus.messageType: QueryHandler(GetBusStatus.self) { _, bus in
        BusStatus(service: bus.service, process: bus.process, figures: try await bus.read(OperateStore.figures))
      },
      ListEffects.messageType: QueryHandler(ListEffects.self) { query, bus in
        try await bus.read { try OperateStore.effects(query, $0) }
      },
      ListParked.messageType: QueryHandler(ListParked.self) { query, bus in
        try await bus.read { try OperateStore.parked(query, $0) }
      },
      ListSchedules.messageType: QueryHandler(ListSchedules.self) { _, bus in
        try await bus.read(OperateStore.schedules)
      },
    ]
  }

  // MARK: - Commands

  var handlers: [String: MessageHandler] {
    [
      RetryEffects.messageType: handler(RetryEffects.self) { command, unit in
        let count = try OperateStore.retry(command.selection, try unit.session())
        return Self.changed(count, "effects run again")
      },
      PurgeEffects.messageType: handler(PurgeEffects.self) { command, unit in
        let age = command.olderThanSeconds
        guard (0...PurgeEffects.olderThanSecondsMax).contains(age) else {
          let most = PurgeEffects.olderThanSecondsMax
          return Self.refused("invalid", "olderThanSeconds is \(age): give 0 to \(most)")
        }
        let count = try OperateStore.purge(command.selection, olderThanSeconds: age, try unit.session())
        return Self.changed(count, "dead effects are forgotten")
      },
      RunSchedule.messageType: handler(RunSchedule.self) { command, unit in
        try OperateStore.runSchedule(command.name, try unit.session())
          ? CommandResult(ok: true, code: "done", detail: "\(command.name) is due now")
          : Self.refused("not_found", "there is no schedule '\(command.name)'")
      },
      ReplayOutbox.messageType: handler(ReplayOutbox.self, replay),
      SettleDeadLetters.messageType: handler(SettleDeadLetters.self, settle),
    ]
  }

  var effect: EffectHandler {
    EffectHandler(
      OperatorJob.self, policy: OperatorJob.policy, exhausted: { $0.exhausted($1) },
      run: { [topics] in try await $0.run($1, topics: topics) })
  }

  @Sendable private func replay(_ command: ReplayOutbox, _ unit: UnitOfWork) throws -> CommandResult {
    var selection = command.selection
    guard selection.from != nil || selection.key != nil else {
      return Self.refused("invalid", "give a time from which on, or a key: everything would be sent again")
    }
    // An end that stays: what was sent again meanwhile lies behind it, so that the job may be repeated.
    // In whole milliseconds, as it is written down: rounded up it would take in what this command itself publishes.
    let now = Date(milliseconds: Int64((unit.now.timeIntervalSince1970 * 1000).rounded(.down)))
    let until = min(selection.to ?? now, now)
    if let from = selection.from, from > until {
      return Self.refused(
        "invalid", "from is \(MessageCoder.timestamp(from)): give a time before \(MessageCoder.timestamp(until))")
    }
    selection.to = until
    return try accept(.replayOutbox(selection), command.action, unit)
  }

  @Sendable private func settle(_ command: SettleDeadLetters, _ unit: UnitOfWork) throws -> CommandResult {
    guard let topic = topics.first(where: { $0.name == command.topic }) else {
      return Self.refused("not_found", "\(service) does not read '\(command.topic)'")
    }
    guard (1...SettleDeadLetters.lettersMax).contains(command.letters.count) else {
      return Self.refused(
        "invalid", "\(command.letters.count) letters in one command: give 1 to \(SettleDeadLetters.lettersMax)")
    }
    guard command.letters.allSatisfy({ (0..<topic.partitions).contains($0.partition) }) else {
      return Self.refused("invalid", "\(topic.name) has partitions 0 to \(topic.partitions - 1)")
    }
    return try accept(.settle(command.deed, topic: topic.name, letters: command.letters), command.action, unit)
  }

  private func accept(_ work: OperatorJob.Work, _ action: OperatorAction, _ unit: UnitOfWork) throws -> CommandResult {
    try unit.start(
      OperatorJob(
        work: work, actionKey: action.key, replyTo: unit.cause?.replyTo ?? "",
        correlation: unit.cause?.correlation ?? ""))
    return CommandResult(ok: true, code: Self.accepted, detail: "it is being done")
  }

  // MARK: - What they share

  /// The answer comes when the job has ended.
  private static let accepted = "accepted"

  private func handler<C: OperatorCommand>(
    _ type: C.Type, _ apply: @escaping @Sendable (C, UnitOfWork) throws -> CommandResult
  ) -> MessageHandler {
    MessageHandler(
      type, topic: .operatorCommands(of: service), needs: { [.row(ActionRow.self, $0.action.key)] },
      apply: { try answer($0, $1, apply) })
  }

  /// The same key is the same action. What was refused may be put right under the same key.
  private func answer<C: OperatorCommand>(
    _ command: C, _ unit: UnitOfWork, _ apply: (C, UnitOfWork) throws -> CommandResult
  ) throws {
    let (replyTo, correlation) = (unit.cause?.replyTo ?? "", unit.cause?.correlation ?? "")
    if let result = try earlier(command, unit) {
      return try unit.reply(result, to: replyTo, correlation: correlation)
    }
    let result = try apply(command, unit)
    if result.ok {
      try unit.save(
        ActionRow(
          key: command.action.key, command: C.messageType, subject: command.subject, ok: true, code: result.code,
          detail: result.detail, appliedAt: unit.now))
      let applied = AppliedAction(
        service: service, command: C.messageType, subject: command.subject, action: command.action,
        outcome: result.code)
      for audit in audits { try audit(applied, unit) }
    }
    if result.code != Self.accepted { try unit.reply(result, to: replyTo, correlation: correlation) }
  }

  private func earlier<C: OperatorCommand>(_ command: C, _ unit: UnitOfWork) throws -> CommandResult? {
    let action = command.action
    guard (1...OperatorAction.keyLengthMax).contains(action.key.utf8.count), !action.actor.isEmpty,
      (1...OperatorAction.reasonLengthMax).contains(action.reason.count)
    else {
      return Self.refused(
        "invalid",
        "give an actor, a reason of 1 to \(OperatorAction.reasonLengthMax) characters and a key of 1 to "
          + "\(OperatorAction.keyLengthMax) bytes")
    }
    guard let row = try unit.find(ActionRow.self, action.key) else { return nil }
    guard row.command == C.messageType, row.subject == command.subject else {
      return Self.refused(
        "key_conflict", "the key \(action.key) was used for \(row.command) of \(row.subject): use another")
    }
    return row.result
  }

  private static func refused(_ code: String, _ detail: String) -> CommandResult {
    CommandResult(ok: false, code: code, detail: detail)
  }

  private static func changed(_ count: Int, _ what: String) -> CommandResult {
    let more = count == OperateStore.changesMax ? "; there may be more: repeat with another key" : ""
    return CommandResult(ok: true, code: count == 0 ? "unchanged" : "done", detail: "\(count) \(what)\(more)")
  }
}
