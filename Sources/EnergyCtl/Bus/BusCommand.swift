import ArgumentParser

struct BusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bus", abstract: "The message bus: what is in it, who reads it, what went wrong.",
    subcommands: [
      TopicsCommand.self, LagCommand.self, ConsumersCommand.self, PeekCommand.self, DeadCommand.self,
      StatusCommand.self, EffectsCommand.self, ParkedCommand.self, SchedulesCommand.self, ReplayCommand.self,
      DoctorCommand.self, AsyncAPICommand.self,
    ])
}
