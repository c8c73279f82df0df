import BusKit

extension Service {
  /// Tells gateway's audit log of every operator's command that concerns this service's part of the bus.
  public mutating func auditsOperators() {
    publishes([.gatewayCommands])
    onOperatorAction { applied, unit in
      try unit.publish(
        OperatorActed(
          service: applied.service, command: applied.command, subject: applied.subject, action: applied.action,
          outcome: applied.outcome))
    }
  }
}
