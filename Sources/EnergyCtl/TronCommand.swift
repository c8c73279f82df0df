import ArgumentParser
import Foundation
import TronKit

struct TronCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tron", abstract: "Addresses and transactions, offline.", subcommands: [Address.self, Inspect.self])

  struct Address: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print an address in both forms, or say what is wrong with it and exit with 1.")
    @Argument(help: "base58 (T…) or hex (41…).") var text: String

    func run() throws {
      do {
        let address = try TronAddress(parsing: text)
        print("base58 \(address.base58)\nhex    \(address.hex)")
      } catch {
        writeError("\(error)")
        throw ExitCode.failure
      }
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what a signed transaction, or bare raw data, says. JSON.")
    @Argument(help: "Hex, at most 1 MiB.") var hex: String

    func run() throws {
      do {
        let inspection = try TransactionInspection(hex: hex)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(inspection), as: UTF8.self))
      } catch {
        writeError("\(error)")
        throw ExitCode.failure
      }
    }
  }
}
