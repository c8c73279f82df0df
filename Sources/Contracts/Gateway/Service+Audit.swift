import BusKit

extension Service {
  /// Tells gateway's audit log of every operator's command that concerns this service's part of the bus.
  public mutating func auditsOperators() {
    publishes([.gatewayCommands])
    onOperatorAction { applied, unit in
      try unit.audit(
        applied.command, of: applied.service, on: applied.subject, applied.action, outcome: applied.outcome)
    }
  }
}

extension UnitOfWork {
  /// Tells gateway's audit log what an operator has done.
  /// - Parameters:
  ///   - command: the message's type.
  ///   - subject: what it was done to.
  ///   - correlation: nil: that of the message that is handled.
  public func audit(
    _ command: String, of service: String, on subject: String, _ action: OperatorAction, outcome: String,
    correlation: String? = nil
  ) throws {
    try publish(
      OperatorActed(service: service, command: command, subject: subject, action: action, outcome: outcome),
      correlation: correlation)
  }
}
