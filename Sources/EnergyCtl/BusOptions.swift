import ArgumentParser
import BusKit
import Contracts
import Foundation
import Logging

/// How a command reaches the bus: the same environment variables as the services.
struct BusOptions: ParsableArguments {
  /// - Throws: `ExitCode.unanswered` when nobody answers a question of `body`, `ExitCode.failure` when it is refused;
  ///   both are said in a line.
  func withBus<T: Sendable>(
    in environment: [String: String] = ProcessInfo.processInfo.environment,
    _ body: @escaping @Sendable (BusClient) async throws -> T
  ) async throws -> T {
    do {
      return try await connected(in: environment, body)
    } catch let failure as QueryFailure {
      throw Self.exit(for: failure, of: nil)
    }
  }

  /// - Throws: what `body` throws.
  func connected<T: Sendable>(
    in environment: [String: String] = ProcessInfo.processInfo.environment,
    _ body: @escaping @Sendable (BusClient) async throws -> T
  ) async throws -> T {
    var reader = EnvironmentReader(environment)
    let redis = reader.redis(clientName: "energyctl")
    try reader.finish()
    guard let redis else { throw ValidationError("ENERGY_REDIS_URL is not set") }
    let client = BusClient(redis: redis, name: "energyctl", logger: JSONLog.logger(service: "energyctl", level: .error))
    return try await client.run(body)
  }
}

/// Who, why, and under which idempotency key.
struct ActionOptions: ParsableArguments {
  @Option(help: "Who does this. Default: the name of the system's user.")
  var actor: String?
  @Option(help: "Why. Kept in the audit log.")
  var reason: String
  @Option(help: "Idempotency key; give the one that was printed to repeat a command safely.")
  var key: String?

  func action() throws -> OperatorAction {
    let actor = actor ?? NSUserName()
    guard !actor.isEmpty else { throw ValidationError("--actor is empty: say who does this") }
    guard (1...500).contains(reason.count) else {
      throw ValidationError("--reason has \(reason.count) characters: give 1 to 500")
    }
    let key = key ?? UUID.v7().text
    guard (1...200).contains(key.count) else {
      throw ValidationError("--key has \(key.count) characters: give 1 to 200")
    }
    return OperatorAction(actor: actor, reason: reason, key: key)
  }
}

extension BusClient {
  /// Sends an operator's command, prints its key first and then what came of it.
  func apply<M: Message>(_ message: M, _ action: OperatorAction) async throws {
    try await apply(action) { try await command(message, answer: CommandResult.self) }
  }

  /// The same for what concerns a service's part of the bus.
  /// - Parameter run: the action whose key repeats it; nil: the command's own.
  func apply<C: OperatorCommand>(_ command: C, to service: String, of run: OperatorAction? = nil) async throws {
    try await apply(run ?? command.action) { try await self.command(command, to: service) }
  }

  private func apply(_ action: OperatorAction, _ send: () async throws -> CommandResult?) async throws {
    writeError("key: \(action.key)")
    guard let result = try await send() else {
      writeError("no answer yet: it may still be applied. Repeat with --key \(action.key); it is applied once.")
      throw ExitCode.unanswered
    }
    writeError("\(result.code): \(result.detail)")
    if !result.ok { throw ExitCode.failure }
  }
}

extension ExitCode {
  /// No answer came: whether the command was applied is not known.
  static let unanswered = ExitCode(2)
}

/// A line on standard error: what a person reads. Standard output is for what a program reads.
func writeError(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

/// One JSON line on standard output.
func printJSON(_ value: some Encodable) throws {
  print(String(decoding: try MessageCoder.encode(value), as: UTF8.self))
}
