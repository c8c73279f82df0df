import ArgumentParser
import BusKit
import Contracts

/// Needs no server: the document is made from the types this program was built with.
struct AsyncAPICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "asyncapi", abstract: "Print an AsyncAPI 3 document of every topic and message, as JSON.")

  func run() throws { print(try AsyncAPIDocument.energy().text()) }
}
