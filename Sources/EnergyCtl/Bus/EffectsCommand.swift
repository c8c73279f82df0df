import ArgumentParser
import BusKit
import Foundation

struct EffectsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "effects", abstract: "A service's work for the world outside: what waits, what was given up.",
    subcommands: [List.self, Show.self, Retry.self, Purge.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Effects, those recorded first come first.")
    @OptionGroup var service: ServiceOption
    @Option(help: "Only this kind.") var kind: String?
    @Option(help: "Only this state: pending, running or dead.") var state: String?
    @Option(help: "How many at most.") var limit = 50
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var bus: BusOptions

    func query() throws -> ListEffects {
      let wanted = try state.map { text in
        guard let state = EffectEntry.State(rawValue: text) else {
          throw ValidationError("--state is '\(text)': give pending, running or dead")
        }
        return state
      }
      return ListEffects(
        kind: kind, state: wanted, limit: try Limits.check(limit, "--limit", in: 1...ListEffects.limitMax))
    }

    func run() async throws {
      let (name, query) = (try service.name(), try query())
      try show(EffectsReport(effects: try await bus.withBus { try await $0.ask(query, of: name) }), json: json)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One effect, as JSON.")
    @OptionGroup var service: ServiceOption
    @Argument(help: "The effect's id.") var id: String
    @Flag(help: "Show the payload, which may hold what not everybody should read.") var body = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (name, id, body) = (try service.name(), try Limits.uuid(id, "the id"), body)
      let found = try await bus.withBus { try await $0.ask(ListEffects(id: id, showsPayload: body), of: name) }
      guard let effect = found.first else {
        throw ValidationError("\(name) has no effect \(id.text): it may have ended")
      }
      try printJSON(effect)
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run effects again: dead ones with their attempts begun anew, a waiting one at once.")
    @OptionGroup var service: ServiceOption
    @OptionGroup var choice: EffectChoice
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (name, action) = (try service.name(), try action.action())
      let command = RetryEffects(try choice.selection(), action: action)
      try await bus.withBus { try await $0.apply(command, to: name) }
    }
  }

  struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget dead effects for ever.")
    @OptionGroup var service: ServiceOption
    @OptionGroup var choice: EffectChoice
    @Option(help: "Only those given up longer ago, e.g. 30d.") var olderThan = "0s"
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (name, action) = (try service.name(), try action.action())
      let selection = try choice.selection()
      let seconds = try Limits.seconds(olderThan, "--older-than")
      try confirmation.ask("forget \(choice.words) of \(name) for ever")
      try await bus.withBus {
        try await $0.apply(PurgeEffects(selection, olderThanSeconds: seconds, action: action), to: name)
      }
    }
  }
}

/// One, all dead ones of a kind, or all dead ones.
struct EffectChoice: ParsableArguments {
  @Argument(help: "The effect's id.") var id: String?
  @Option(help: "All dead ones of this kind.") var kind: String?
  @Flag(help: "All dead ones.") var all = false

  func selection() throws -> EffectSelection {
    switch (id, kind, all) {
    case (let id?, nil, false): .one(try Limits.uuid(id, "the id"))
    case (nil, let kind?, false): .kind(kind)
    case (nil, nil, true): .all
    default: throw ValidationError("say which: the id of one, --kind for the dead ones of a kind, or --all")
    }
  }

  var words: String { id.map { "effect \($0)" } ?? kind.map { "the dead effects of kind \($0)" } ?? "all dead effects" }
}

struct EffectsReport: Report {
  let effects: [EffectView]

  var text: String {
    guard !effects.isEmpty else { return "no effects" }
    var table = TextTable("ID", "KIND", "STATE", "TRIES", "NEXT", "ORDER KEY", "LAST ERROR")
    for effect in effects {
      table.add(
        effect.id.text, effect.kind, effect.state, "\(effect.attempts)",
        effect.state == "dead" ? "-" : MessageCoder.timestamp(effect.nextAt), Words.safe(effect.orderKey),
        String(Words.safe(effect.lastError).prefix(80)))
    }
    return table.text
  }
}
