import ArgumentParser

struct BusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bus", abstract: "The message bus.", subcommands: [AsyncAPICommand.self])
}
