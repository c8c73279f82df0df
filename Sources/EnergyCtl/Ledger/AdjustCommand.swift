import ArgumentParser
import BusKit
import Contracts
import Foundation

/// `--trx 12.5` or `--usdt 12.5`.
struct AmountOptions: ParsableArguments {
  @Option(help: "How much, in TRX, e.g. 100 or 12.5.") var trx: String?
  @Option(help: "Or in USDT.") var usdt: String?

  func money() throws -> Money {
    let money: Money
    switch (trx, usdt) {
    case (let text?, nil): money = try Money.parse(text, .trx)
    case (nil, let text?): money = try Money.parse(text, .usdt)
    default: throw ValidationError("give either --trx or --usdt")
    }
    guard money.amount > 0 else { throw ValidationError("the amount is \(money): give one above 0") }
    return money
  }
}

/// `ledger adjust`: a customer's money, changed by hand.
struct AdjustCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjust", abstract: "Credit, debit or refund a customer by hand.",
    discussion: """
      Beyond ENERGY_ADJUSTMENT_SUN_MAX or ENERGY_ADJUSTMENT_USDT_MAX in 24 hours it waits until another operator \
      agrees: energyctl ledger adjustments. It exits with 1 then, because nothing is booked yet.
      """,
    subcommands: [Credit.self, Debit.self, Refund.self])

  struct Options: ParsableArguments {
    @Argument(help: "The customer's id (cus_…).") var customer: String
    @OptionGroup var amount: AmountOptions
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func send(_ kind: AdjustmentRequest.Kind, order: OrderID? = nil) async throws {
      let action = try action.action()
      let request = AdjustmentRequest(
        kind, try amount.money(), customer: try CustomerID(argument: customer), order: order)
      try await bus.withBus { try await $0.apply(AdjustLedger(request: request, action: action), action) }
    }
  }

  struct Credit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a customer money, against adjustments.")
    @OptionGroup var options: Options
    func run() async throws { try await options.send(.credit) }
  }

  struct Debit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take money from a customer, against adjustments; never below zero.")
    @OptionGroup var options: Options
    func run() async throws { try await options.send(.debit) }
  }

  struct Refund: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a customer back what it paid, against refunds; an order once, and at most what was captured.")
    @OptionGroup var options: Options
    @Option(help: "The order, ord_ and 32 hex digits.") var order: String?

    func run() async throws { try await options.send(.refund, order: try orderID()) }

    func orderID() throws -> OrderID? {
      try order.map { try OrderID(argument: $0, "--order") }
    }
  }
}

/// `ledger transfer`: between accounts of ours.
struct AdjustTransferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer", abstract: "Book an amount from one account of ours to another.",
    discussion: """
      revenue, costs, adjustments, refunds, rounding, custody:deposits, custody:treasury, custody:pool. Coins that \
      came from outside are booked from their custody account: the owner's first TRX in the pool are \
      'transfer custody:pool adjustments'. Coins that are gone are booked the other way.
      """)
  @Argument(help: "The account it takes from.") var from: String
  @Argument(help: "The account it gives to.") var to: String
  @OptionGroup var amount: AmountOptions
  @OptionGroup var action: ActionOptions
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let action = try action.action()
    let request = AdjustmentRequest(transfer: try amount.money(), from: from, to: to)
    try await bus.withBus { try await $0.apply(AdjustLedger(request: request, action: action), action) }
  }
}
