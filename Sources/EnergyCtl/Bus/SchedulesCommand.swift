import ArgumentParser
import BusKit

struct SchedulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedules", abstract: "A service's periodic work.", subcommands: [List.self, Run.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "When each is due next.")
    @OptionGroup var service: ServiceOption
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let name = try service.name()
      let schedules = try await bus.withBus { try await $0.ask(ListSchedules(), of: name) }
      try show(SchedulesReport(schedules: schedules), json: json)
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Let one fire now.")
    @OptionGroup var service: ServiceOption
    @Argument(help: "The schedule's name.") var schedule: String
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let name = try service.name()
      let command = RunSchedule(name: schedule, action: try action.action())
      try await bus.withBus { try await $0.apply(command, to: name) }
    }
  }
}

struct SchedulesReport: Report {
  let schedules: [ScheduleView]

  var text: String {
    guard !schedules.isEmpty else { return "no schedules" }
    var table = TextTable("SCHEDULE", "DEFINITION", "NEXT", "LAST ERROR")
    for one in schedules {
      table.add(
        one.name, one.definition, MessageCoder.timestamp(one.nextAt), String(Words.safe(one.lastError).prefix(80)))
    }
    return table.text
  }
}
