import ArgumentParser
import BusKit
import Contracts
import TronKit

/// `delegation reclaim-stray`: takes back what a transaction lends that was settled as dead.
struct ReclaimStrayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reclaim-stray",
    abstract: "Take back what a stray delegation lends, once its order has ended.",
    discussion: """
      Done only for a stray that tx-svc has found in a solid block, and only while the solid chain lends its sun \
      beside what live rentals of the same wallet and receiver account for. Its leg counts again and is taken back \
      like any other.
      """)
  @Argument(help: "The stray transaction's id, 64 hex digits.") var transaction: String
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  func command(_ action: OperatorAction) throws -> ReclaimStray {
    do {
      return ReclaimStray(txID: try TransactionID(hex: transaction), action: action)
    } catch {
      throw ValidationError("'\(transaction)' is not a transaction id: it is 64 hex digits (\(error))")
    }
  }

  func run() async throws {
    let action = try action.action()
    let command = try command(action)
    try await bus.withBus { try await $0.apply(command, action) }
  }
}
