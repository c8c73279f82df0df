import BusKit
import Postgres

/// Sends a command to another service and waits for its answer. For commands that may be repeated: when the answer does
/// not come in time, the command has not been lost but will be carried out.
struct CommandExchange: Sendable {
  let bus: Bus
  let limits: RestLimits

  /// - Returns: nil when nothing came in time.
  /// - Throws: `Problem` 503: `unavailable` when the command was not recorded, `outcome_unknown` when nobody knows.
  func send<Command: Message, Answer: Message>(_ command: Command, _ answer: Answer.Type) async throws -> Answer? {
    if let down = bus.redisDownFor, down > limits.redisDownMax {
      throw Problem.unavailable("Nothing can be passed on at the moment; nothing was changed.", retryAfterSeconds: 5)
    }
    return try await record(command, answer)
  }

  /// The same while Redis is away: the outbox keeps the command until it can leave.
  func record<Command: Message, Answer: Message>(_ command: Command, _ answer: Answer.Type) async throws -> Answer? {
    do {
      return try await bus.command(command, answer: answer, within: limits.orderWait)
    } catch {
      bus.logger.warning(
        "a command was not recorded for certain", metadata: ["type": "\(Command.messageType)", "error": "\(error)"])
      guard (error as? PostgresError)?.code == .commitUnknown else {
        throw Problem.unavailable("The request could not be recorded; nothing was changed.")
      }
      throw Problem.outcomeUnknown("It is not known whether the request was recorded; send it again.")
    }
  }
}
