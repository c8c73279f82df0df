import BusKit
import Foundation

/// Sends a command to another service, by the outbox, and waits for its answer. For commands that may be repeated: when
/// the answer does not come in time, the command has not been lost but will be carried out.
struct CommandExchange: Sendable {
  let bus: Bus
  let limits: RestLimits

  /// - Returns: nil when nothing came in time.
  /// - Throws: `Problem` 503 when the command may not have been recorded.
  func send<Command: Message, Answer: Message>(_ command: Command, _ answer: Answer.Type) async throws -> Answer? {
    if let down = bus.redisDownFor, down > limits.redisDownMax {
      throw Problem.unavailable("Nothing can be passed on at the moment; nothing was changed.", retryAfterSeconds: 5)
    }
    let correlation = "rest-" + UUID.v7().text
    // Registered before the command leaves, so that no answer can be missed.
    let expectation = bus.expectReply(answer, correlation: correlation)
    do {
      try await bus.transaction(correlation: correlation) { [bus] unit in
        try unit.publish(command, replyTo: bus.process, correlation: correlation)
      }
    } catch {
      expectation.cancel()
      bus.logger.warning(
        "a command was not recorded", metadata: ["type": "\(Command.messageType)", "error": "\(error)"])
      throw Problem.unavailable("The request may not have been recorded; send it again.")
    }
    do { return try await expectation.value(within: limits.orderWait) } catch {
      bus.logger.info("no answer to a command", metadata: ["type": "\(Command.messageType)", "error": "\(error)"])
      return nil
    }
  }
}
