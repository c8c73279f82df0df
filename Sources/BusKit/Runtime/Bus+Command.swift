import Foundation
import Logging

extension Bus {
  /// Sends a command to another service by the outbox, in a transaction of its own, and waits for its answer.
  /// - Parameter limit: for the answer, from the commit on.
  /// - Returns: nil when none came in time, or none that can be read: the command is recorded and will be carried out.
  /// - Throws: what the transaction threw. `PostgresError` with code `.commitUnknown`: nobody knows whether the command
  ///   is recorded; after any other error it is not.
  public func command<Command: Message, Answer: Message>(
    _ command: Command, answer: Answer.Type, within limit: Duration
  ) async throws -> Answer? {
    let correlation = "command-" + UUID.v7().text
    // Registered before the command leaves, so that no answer can be missed.
    let expectation = expectReply(answer, correlation: correlation)
    do {
      try await transaction(correlation: correlation) { [process] unit in
        try unit.publish(command, replyTo: process, correlation: correlation)
      }
    } catch {
      expectation.cancel()
      throw error
    }
    do { return try await expectation.value(within: limit) } catch {
      logger.info("no answer to a command", metadata: ["type": "\(Command.messageType)", "error": "\(error)"])
      return nil
    }
  }
}
