import ArgumentParser
import BusKit
import Contracts

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "What waits in each service's Postgres: outbox, effects, parked messages.")
  @Option(help: "Only this service.") var service: String?
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let services = try service.map { [try ServiceOption.check($0)] } ?? ServiceName.all
    let report = try await bus.withBus { try await StatusReport.gather(services, $0) }
    try show(report, json: json)
    if !report.silent.isEmpty { throw ExitCode.failure }
  }
}

struct StatusReport: Report {
  let services: [BusStatus]
  /// Those that did not answer.
  let silent: [String]

  static func gather(
    _ names: [String], _ client: BusClient, within limit: Duration = .seconds(3)
  ) async throws -> StatusReport {
    let answers = await withTaskGroup(of: (String, BusStatus?).self) { group in
      for name in names {
        // Why it does not answer, its own log tells.
        group.addTask { (name, try? await client.ask(GetBusStatus(), of: name, within: limit)) }
      }
      var answers: [String: BusStatus] = [:]
      for await (name, status) in group { answers[name] = status }
      return answers
    }
    return StatusReport(services: names.compactMap { answers[$0] }, silent: names.filter { answers[$0] == nil })
  }

  var text: String {
    var table = TextTable("SERVICE", "UNSENT", "OLDEST", "DELAYED", "PARKED", "EFFECTS", "DEAD", "LATEST", "INBOX")
    for status in services {
      let figures = status.figures
      func count(_ state: String) -> Int { figures.effects.filter { $0.state == state }.reduce(0) { $0 + $1.count } }
      table.add(
        status.service, "\(figures.outbox.count)", Words.age(seconds: figures.outbox.oldestSeconds),
        "\(figures.delayed)", "\(figures.parked.count)", "\(count("pending") + count("running"))", "\(count("dead"))",
        Words.age(seconds: figures.effects.map(\.lateSeconds).max() ?? 0), "\(figures.inboxRows)")
    }
    return ([table.text] + silent.map { "\($0) does not answer" }).joined(separator: "\n")
  }
}
