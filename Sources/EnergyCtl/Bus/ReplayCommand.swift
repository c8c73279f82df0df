import ArgumentParser
import BusKit
import Foundation

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Send again what a service has sent before.",
    discussion: """
      The messages keep their ids: readers that have handled them change nothing. For an observer that has missed \
      something, or a new reader. Only what the service's outbox still keeps can be sent again.
      """)
  @OptionGroup var service: ServiceOption
  @Option(help: "Sent from this time on: 2026-01-31T12:00:00Z, or so long ago: 2h.") var from: String?
  @Option(help: "Sent up to this time. Default: now.") var to: String?
  @Option(help: "Only messages of this key: an order, an account.") var aggregate: String?
  @Option(help: "Only messages of this topic.") var topic: String?
  @Option(help: "Only messages of this type.") var type: String?
  @OptionGroup var confirmation: Confirmation
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  func selection(now: Date = Date()) throws -> ReplaySelection {
    guard from != nil || aggregate != nil else {
      throw ValidationError("say what: --from a time, or --aggregate with a key")
    }
    let selection = ReplaySelection(
      topic: try topic.map { try Topic.named($0).name }, type: type, key: aggregate,
      from: try from.map { try Limits.moment($0, "--from", now: now) },
      to: try to.map { try Limits.moment($0, "--to", now: now) })
    if let from = selection.from, from >= selection.to ?? now {
      throw ValidationError("--from is \(MessageCoder.timestamp(from)): give a time before --to and before now")
    }
    return selection
  }

  func run() async throws {
    let (name, selection, action) = (try service.name(), try selection(), try action.action())
    try confirmation.ask("send messages of \(name) again")
    try await bus.withBus { try await $0.apply(ReplayOutbox(selection, action: action), to: name) }
  }
}
