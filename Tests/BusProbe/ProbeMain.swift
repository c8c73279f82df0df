import BusKit
import Foundation

/// `bus-probe`: one replica of one service of `Probe`, configured like any service.
@main
struct ProbeMain {
  static func main() async throws {
    var reader = EnvironmentReader()
    let name = reader.string("PROBE_SERVICE") ?? ""
    let attemptsMax = reader.integer("PROBE_ATTEMPTS", default: 3, in: 1...1_000)
    let idle = reader.integer("PROBE_IDLE_IN_TRANSACTION_MS", default: 5_000, in: 100...60_000)
    let fault = Fault(rawValue: reader.optional("PROBE_FAULT") ?? "none")
    if fault == nil { reader.mistake("PROBE_FAULT is unknown: give none or dieAfterCommit") }
    let service: Service? =
      switch name {
      case "ledger": Probe.ledger(fault ?? .none)
      case "auditor": Probe.auditor()
      default: nil
      }
    if service == nil { reader.mistake("PROBE_SERVICE is '\(name)': give ledger or auditor") }
    var configuration = ServiceConfiguration.read(&reader, service: name, schema: name)
    try reader.finish()
    configuration?.poolSize = 3
    configuration?.timing = Probe.timing(attemptsMax: Int(attemptsMax))
    configuration?.postgres.idleInTransactionTimeout = .milliseconds(idle)
    guard let service, let configuration else { return }
    try await service.run(configuration)
  }
}
