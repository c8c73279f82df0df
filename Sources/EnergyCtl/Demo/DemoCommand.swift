import ArgumentParser
import BusKit
import Foundation
import HTTPClient

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Run the whole story against a running stack with simulators, without a person.",
    discussion: "One order in the chat, one over REST, both to their end. Exits 0 only if all of it happened.")
  @Option(help: "telegram-sim's URL.") var telegram: String
  @Option(help: "The gateway's URL.") var gateway: String
  @Option(help: "tron-sim's URL.") var chain: String
  @Option(help: "monitor-svc's URL.") var monitor: String
  @Option(help: "The file with the API key.") var apiKeyFile: String
  @Option(help: "The chat user, who must have a balance.") var user: Int64
  @Option(help: "When the whole began, in Unix seconds. Default: now.") var started: Int?
  @Flag(help: "End with one line of JSON.") var json = false

  /// What `--json` ends with. What did not happen is left out.
  struct Output: Encodable {
    let ok: Bool
    let seconds: Double
    let telegram_order: DemoOrder?
    let rest_order: DemoOrder?
    let error: String?
  }

  func run() async throws {
    let key = try String(contentsOfFile: apiKeyFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    let start = started.map { Date(timeIntervalSince1970: Double($0)) } ?? Date()
    let http = HTTPClient()
    let story = DemoStory(
      telegram: DemoAPI(base: telegram, http: http), gateway: DemoAPI(base: gateway, http: http, bearer: key),
      chain: DemoAPI(base: chain, http: http), monitor: DemoAPI(base: monitor, http: http), user: user, start: start)
    var telegramOrder: DemoOrder?
    var restOrder: DemoOrder?
    var problem: String?
    do {
      let receivers = [try await story.receiver(), try await story.receiver()]
      async let chat = story.orderInTelegram(receiver: receivers[0])
      async let rest = story.orderOverREST(receiver: receivers[1])
      (telegramOrder, restOrder) = (try await chat, try await rest)
      try await story.checkBooks([telegramOrder, restOrder].compactMap { $0 })
    } catch {
      problem = "\(error)"
      writeError("the story broke: \(error)")
    }
    await http.close()
    let seconds = (Date().timeIntervalSince(start) * 10).rounded() / 10
    if json {
      try printJSON(
        Output(
          ok: problem == nil, seconds: seconds, telegram_order: telegramOrder, rest_order: restOrder, error: problem))
    } else if problem == nil {
      writeError("all of it happened, in \(seconds) s")
    }
    if problem != nil { throw ExitCode.failure }
  }
}

/// What the story says of an order in the end.
struct DemoOrder: Encodable, Sendable {
  let id: String
  let status: String
  let delegate_txid: String
  let reclaim_txid: String
}

/// A step that did not happen.
struct DemoFailure: Error, CustomStringConvertible {
  let description: String
}
