import ArgumentParser
import BusKit
import Contracts
import Foundation
import TronKit

/// `tron broadcast`: sends transactions that were signed on a machine without a network.
struct BroadcastCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "broadcast", abstract: "Send signed transfers of TRX or USDT to the network.",
    discussion: """
      Each line of the files is a signed transaction in hex, or a JSON object with that hex as `signed`; without a \
      file, or for -, standard input is read. All lines are read before the first is sent. For each, one JSON line is \
      printed: txid, ok, code, detail. The same files may be sent again: a transaction takes effect at most once. \
      Exits with 1 when one was refused, with 2 when one was not answered.
      """)
  static let linesMax = 1_000
  private static let bytesMax = 16 * 1024 * 1024
  /// A node that does not answer is asked again for a minute.
  private static let patience: Duration = .seconds(75)

  @Argument(help: "Files of signed transactions.") var files: [String] = []
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  struct Line: Sendable, Equatable {
    let hex: String
    let txid: TransactionID
  }

  private struct Output: Encodable {
    let txid: String
    let ok: Bool
    let code: String
    let detail: String
  }

  func run() async throws {
    let action = try action.action()
    let lines = try Self.lines(of: try (files.isEmpty ? ["-"] : files).map { ($0, try Self.read($0)) })
    let commands = try lines.map { (line: $0, action: try Self.action($0, of: action)) }
    writeError("key: \(action.key)")
    let results = try await bus.withBus { client in
      var results: [CommandResult?] = []
      for (line, action) in commands {
        let command = BroadcastTransaction(signed: line.hex, action: action)
        let result = try await client.command(command, answer: CommandResult.self, within: Self.patience)
        try printJSON(
          Output(
            txid: line.txid.hex, ok: result?.ok ?? false, code: result?.code ?? "unanswered",
            detail: result?.detail ?? "no answer yet: it may still be sent. Repeat with --key of this run"))
        results.append(result)
      }
      return results
    }
    if results.contains(where: { $0?.ok == false }) { throw ExitCode.failure }
    if results.contains(where: { $0 == nil }) { throw ExitCode.unanswered }
  }

  /// One key for each transaction, so that a run can be repeated under its own.
  static func action(_ line: Line, of run: OperatorAction) throws -> OperatorAction {
    let key = "\(run.key)/\(line.txid.hex)"
    guard key.utf8.count <= OperatorAction.keyLengthMax else {
      throw ValidationError("--key has \(run.key.utf8.count) bytes: give at most \(OperatorAction.keyLengthMax - 65)")
    }
    return OperatorAction(actor: run.actor, reason: run.reason, key: key)
  }

  /// - Throws: `ValidationError` that names the file and the line that cannot be read.
  static func lines(of files: [(name: String, text: String)]) throws -> [Line] {
    struct Signed: Decodable { let signed: String }
    var lines: [Line] = []
    for (name, text) in files {
      for (index, part) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let content = part.trimmingCharacters(in: .whitespaces)
        if content.isEmpty { continue }
        do {
          let hex =
            content.hasPrefix("{")
            ? try JSONDecoder().decode(Signed.self, from: Data(content.utf8)).signed : content
          lines.append(Line(hex: hex, txid: try SignedTransaction(decoding: try Hex.decode(hex)).id))
        } catch {
          throw ValidationError("\(name), line \(index + 1) is no signed transaction: \(Words.safe("\(error)"))")
        }
      }
    }
    guard (1...linesMax).contains(lines.count) else {
      throw ValidationError("there are \(lines.count) transactions: give 1 to \(linesMax)")
    }
    return lines
  }

  private static func read(_ name: String) throws -> String {
    let handle: FileHandle
    if name == "-" {
      handle = .standardInput
    } else {
      guard let file = FileHandle(forReadingAtPath: name) else {
        throw ValidationError("\(name) cannot be read: give a file of signed transactions, or - for standard input")
      }
      handle = file
    }
    guard let data = try handle.contents(bytesMax: bytesMax) else {
      throw ValidationError("\(name) has more than \(bytesMax) bytes")
    }
    guard let text = String(data: data, encoding: .utf8) else { throw ValidationError("\(name) is no text") }
    return text
  }
}
