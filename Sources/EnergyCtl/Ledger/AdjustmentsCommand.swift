import ArgumentParser
import BusKit
import Contracts
import Foundation

/// `ledger adjustments`: what was booked by hand, and the second operator's part.
struct AdjustmentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjustments", abstract: "What operators booked by hand; agree to what waits, or reject it.",
    subcommands: [List.self, Approve.self, Reject.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What waits for a second operator, as JSON.",
      discussion: "The latest first, at most \(AdjustmentList.countMax).")
    @Flag(help: "Also what is done, rejected, refused or expired.") var all = false
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let isWaiting = !all
      try printJSON(try await bus.ask(ListAdjustments(isWaiting: isWaiting)))
    }
  }

  struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Agree to what another operator has asked for; it is booked then.",
      discussion: """
        Everything is checked again at that moment: the balance, what was captured of the order. What can no longer be \
        booked is refused for good. An adjustment waits 72 hours.
        """)
    @Argument(help: "The adjustment's id: the key of who asked.") var id: String
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (id, action, confirmation) = (id, try action.action(), confirmation)
      try await bus.withBus { client in
        let list = try await client.ask(ListAdjustments(id: id, isWaiting: false))
        guard let found = list.adjustments.first else {
          throw ValidationError("there is no adjustment '\(id)': see energyctl ledger adjustments")
        }
        writeError(Words.safe(AdjustmentsCommand.text(found)))
        // What was decided is not asked about: the answer to a repeated key is what came of it.
        if found.state == .waiting { try confirmation.ask("Book it") }
        try await client.apply(
          ApproveAdjustment(adjustment: id, request: found.request, action: action), action)
      }
    }
  }

  struct Reject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End what waits; nothing is booked.")
    @Argument(help: "The adjustment's id: the key of who asked.") var id: String
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let (id, action) = (id, try action.action())
      try await bus.withBus { try await $0.apply(RejectAdjustment(adjustment: id, action: action), action) }
    }
  }

  /// One line for the person who has to agree.
  static func text(_ view: AdjustmentView) -> String {
    "\(view.request), asked for by \(view.asked.actor): \(view.asked.reason)"
  }
}
