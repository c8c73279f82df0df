/// A question to one service about its own part of the bus. Every running service answers it, without code of its own.
public protocol OperatorQuery: Query {}

/// An order to one service about its own part of the bus: applied once per key, in one transaction with what
/// `Service.onOperatorAction` writes, and answered with `CommandResult`.
public protocol OperatorCommand: Message {
  var action: OperatorAction { get }
  /// What it is about, in words: the same key for another subject is refused.
  var subject: String { get }
}

/// Each service has topics of its own for these (`Topic.operatorQueries`, `Topic.operatorCommands`), so the type names
/// none.
extension OperatorQuery {
  public static var topic: Topic { Topic("bus", groups: [], isTransient: true) }
  public var messageKey: String { "" }
}

extension OperatorCommand {
  public static var topic: Topic { Topic("bus", groups: []) }
  public var messageKey: String { action.key }
}

extension Topic {
  /// What operators order a service to do with its part of the bus.
  public static func operatorCommands(of service: String) -> Topic {
    Topic("\(service).bus", groups: [.essential(service)], lengthMax: 10_000)
  }

  /// What operators ask a service about its part of the bus.
  public static func operatorQueries(of service: String) -> Topic {
    Topic("\(service).bus.queries", groups: [.essential(service)], lengthMax: 1_000, isTransient: true)
  }
}

extension BusClient {
  /// Asks one service. Throws `QueryFailure` with code `timeout` when none of its replicas answers.
  public func ask<Q: OperatorQuery>(_ query: Q, of service: String, within limit: Duration = .seconds(5))
    async throws -> Q.Reply
  {
    try await ask(query, on: .operatorQueries(of: service), within: limit)
  }

  /// Orders one service to do something; nil when no answer came, which says nothing about whether it was applied.
  public func command<C: OperatorCommand>(_ command: C, to service: String, within limit: Duration = .seconds(10))
    async throws -> CommandResult?
  {
    try await self.command(
      command, on: .operatorCommands(of: service), answer: CommandResult.self, within: limit)
  }
}
