import ArgumentParser
import BusKit

struct ParkedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parked", abstract: "Messages whose next attempt is minutes away, and what they failed with.")
  @OptionGroup var service: ServiceOption
  @Option(help: "How many at most.") var limit = 50
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let name = try service.name()
    let limit = try Limits.check(limit, "--limit", in: 1...ListParked.limitMax)
    let parked = try await bus.withBus { try await $0.ask(ListParked(limit: limit), of: name) }
    try show(ParkedReport(parked: parked), json: json)
  }
}

struct ParkedReport: Report {
  let parked: [ParkedView]

  var text: String {
    guard !parked.isEmpty else { return "nothing is parked" }
    var table = TextTable("MESSAGE", "TOPIC", "TYPE", "KEY", "TRIES", "NEXT", "REASON")
    for one in parked {
      table.add(
        one.message, one.topic, Words.safe(one.type), Words.safe(one.key), "\(one.attempts)",
        MessageCoder.timestamp(one.availableAt), String(Words.safe(one.reason).prefix(80)))
    }
    return table.text
  }
}
