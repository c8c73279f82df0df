import ArgumentParser
import Foundation
import TronKit

struct TronCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tron", abstract: "Addresses and transactions.",
    subcommands: [Address.self, Inspect.self, SignCommand.self, BroadcastCommand.self])

  struct Address: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print an address in both forms, or say what is wrong with it and exit with 1.")
    @Argument(help: "base58 (T…) or hex (41…).") var text: String

    func run() throws {
      do {
        print(try output())
      } catch {
        writeError("\(error)")
        throw ExitCode.failure
      }
    }

    func output() throws -> String {
      let address = try TronAddress(parsing: text)
      return "base58 \(address.base58)\nhex    \(address.hex)"
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what a signed transaction, or bare raw data, says. JSON.")
    @Argument(help: "Hex, at most 1 MiB.") var hex: String

    func run() throws {
      do {
        print(try output())
      } catch {
        writeError("\(error)")
        throw ExitCode.failure
      }
    }

    func output() throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(try TransactionInspection(hex: hex)), as: UTF8.self)
    }
  }
}
