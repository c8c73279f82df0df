import Postgres

extension Service {
  /// Told of every operator's command that this service applies to its part of the bus, in the transaction that does:
  /// publish here what your audit log needs. It can publish, but not see rows.
  public mutating func onOperatorAction(_ body: @escaping @Sendable (AppliedAction, UnitOfWork) throws -> Void) {
    operatorAudits.append(body)
  }

  /// This service, with answers to operators.
  func answeringOperators() -> Service {
    var service = self
    let commands = Topic.operatorCommands(of: name)
    let queries = Topic.operatorQueries(of: name)
    service.topics.append(commands)
    service.queryTopics.append(queries)
    let desk = OperatorDesk(service: name, topics: service.topics, audits: operatorAudits)
    service.handlers.merge(desk.handlers) { own, _ in own }
    service.queries.merge(desk.queries) { own, _ in own }
    service.effects[OperatorJob.kind] = desk.effect
    return service
  }
}

extension UnitOfWork {
  /// The transaction itself, for the bus' own commands: their sets of rows are too large for values.
  func session() throws -> PostgresSession {
    guard let session = workspace.session else {
      throw InvariantViolation("operators' commands need Postgres; there is none here")
    }
    return session
  }
}
