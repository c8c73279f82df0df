import ArgumentParser
import BusKit
import Contracts
import Foundation

struct DeadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dead", abstract: "Dead letters: messages that a group gave up.",
    subcommands: [List.self, Show.self, Replay.self, Purge.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What is dead, and of what; oldest first.")
    @OptionGroup var filter: DeadFilter
    @Option(help: "How many at most.") var limit = 100
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let search = try filter.search(limit: limit)
      try show(DeadReport(try await bus.withBus { try await search.letters($0.broker) }, showsBody: false), json: json)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One dead letter, with everything that is known of it.")
    @Argument(help: "The topic.") var topic: String
    @Argument(help: "The letter, PARTITION/ID as list prints it.") var letter: String
    @Flag(help: "Show the body.") var body = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (topic, place) = (try Topic.named(topic), try DeadSearch.place(letter))
      let search = DeadSearch(topics: [topic], group: nil, reason: nil, places: [place], limit: 1)
      let found = try await bus.withBus { try await search.letters($0.broker) }
      guard !found.isEmpty else { throw ValidationError("\(topic.name) has no dead letter \(letter)") }
      try show(DeadReport(found, showsBody: body), json: true)
    }
  }

  struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put dead letters back into their stream, as the messages they were.",
      discussion: "Other readers of the topic have them already and change nothing. First mend what they died of.")
    @OptionGroup var options: DeadSettling
    @OptionGroup var bus: BusOptions
    func run() async throws { try await options.run(.replay, bus) }
  }

  struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget dead letters for ever.")
    @OptionGroup var options: DeadSettling
    @OptionGroup var bus: BusOptions
    func run() async throws { try await options.run(.purge, bus) }
  }
}

/// Which letters.
struct DeadFilter: ParsableArguments {
  @Argument(help: "The topic; all when left out.") var topic: String?
  @Option(help: "Only what this group gave up.") var group: String?
  @Option(help: "Only what died of this, e.g. attempts or undecodable.") var cause: String?

  func search(limit: Int, places: [SettleDeadLetters.Place] = []) throws -> DeadSearch {
    DeadSearch(
      topics: try topic.map { [try Topic.named($0)] } ?? Topic.lasting, group: group, reason: cause, places: places,
      limit: try Limits.check(limit, "--limit", in: 1...10_000))
  }
}

/// What `replay` and `purge` share: the same choice, the same questions, one command to each service that owns some.
struct DeadSettling: ParsableArguments {
  @OptionGroup var filter: DeadFilter
  @Option(
    name: .customLong("letter"),
    help: "PARTITION/ID as list prints it; needs the topic. May be given more than once.")
  var letters: [String] = []
  @Flag(help: "All that fit.") var all = false
  @Option(help: "How many at most.") var limit = 1_000
  @OptionGroup var confirmation: Confirmation
  @OptionGroup var action: ActionOptions

  func search() throws -> DeadSearch {
    guard letters.isEmpty != (!all) else {
      throw ValidationError("say which: --letter PARTITION/ID, or --all for all that fit")
    }
    if !letters.isEmpty, filter.topic == nil { throw ValidationError("--letter needs the topic that it is of") }
    return try filter.search(limit: limit, places: try letters.map { try DeadSearch.place($0) })
  }

  func run(_ deed: SettleDeadLetters.Deed, _ bus: BusOptions) async throws {
    let (search, action) = (try search(), try action.action())
    let confirmation = confirmation
    try await bus.withBus { client in
      let found = try await search.letters(client.broker)
      guard !found.isEmpty else { return writeError("there is nothing to \(deed.rawValue)") }
      writeError(DeadReport(found, showsBody: false).summary)
      try confirmation.ask("\(deed.rawValue) \(found.count) dead letters")
      try await Self.apply(try DeadSearch.commands(deed, found, action), of: action, client)
    }
  }

  /// All of them, whatever a service says to one: letters that cannot be put back must not keep others from it.
  static func apply(
    _ commands: [(service: String, command: SettleDeadLetters)], of run: OperatorAction, _ client: BusClient
  ) async throws {
    var refusal: ExitCode?
    for (service, command) in commands {
      do {
        try await client.apply(command, to: service, of: run)
      } catch let code as ExitCode where code == .failure {
        refusal = code
      }
    }
    if let refusal { throw refusal }
  }
}
