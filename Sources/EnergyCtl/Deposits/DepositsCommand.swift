import ArgumentParser
import BusKit
import Contracts
import TronKit

struct DepositsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deposits", abstract: "What customers have sent, their addresses, and the key these come from.",
    subcommands: [
      List.self, Held.self, Credit.self, Refuse.self, Status.self, Address.self, NewDepositKey.self,
      RetireDepositKeyCommand.self, SweepPlanCommand.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Deposits, the latest first. JSON lines.")
    @Option(help: "Only this customer's (cus_…).") var customer: String?
    @Option(help: "Only those in this state: \(DepositState.allCases.map(\.rawValue).joined(separator: ", ")).")
    var state: String?
    @OptionGroup var page: PageOptions
    @OptionGroup var bus: BusOptions

    func query() throws -> GetDeposits {
      let state = try state.map { text in
        guard let state = DepositState(rawValue: text) else {
          let all = DepositState.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("--state is '\(text)': give one of \(all)")
        }
        return state
      }
      return try page.query(customer: try customer.map { try CustomerID(argument: $0) }, state: state)
    }

    func run() async throws { try await Self.show(try query(), bus) }

    /// A line for each; where to go on stands on standard error.
    static func show(_ query: GetDeposits, _ bus: BusOptions) async throws {
      let page = try await bus.ask(query)
      for deposit in page.deposits { try printJSON(deposit) }
      if let next = page.next { writeError("there are more: --before \(next)") }
    }
  }

  struct Held: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Deposits that wait for a decision, the latest first. JSON lines.",
      discussion: "Decide with `deposits credit` or `deposits refuse`; `obstacle` says why it was not credited.")
    @OptionGroup var page: PageOptions
    @OptionGroup var bus: BusOptions

    func run() async throws { try await List.show(try page.query(customer: nil, state: .held), bus) }
  }

  struct PageOptions: ParsableArguments {
    @Option(help: "How many, at most \(GetDeposits.limitMax).") var limit = 50
    @Option(help: "Only those before this number, to go on from an earlier page.") var before: Int64?

    func query(customer: CustomerID?, state: DepositState?) throws -> GetDeposits {
      GetDeposits(
        customer: customer, state: state, before: before,
        limit: try Limits.check(limit, "--limit", in: 1...GetDeposits.limitMax))
    }
  }

  struct Credit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Credit a held deposit to a customer.")
    @Argument(help: "The deposit's id, as `deposits held` shows it.") var id: String
    @Option(help: "Whose it is (cus_…).") var customer: String
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let action = try action.action()
      let command = CreditHeldDeposit(
        deposit: try Self.check(id), customer: try CustomerID(argument: customer), action: action)
      try await bus.withBus { try await $0.apply(command, action) }
    }

    static func check(_ id: String) throws -> String {
      guard id.wholeMatch(of: /[0-9a-f]{64}(\/[0-9A-Za-z]{1,40}){0,2}/) != nil else {
        throw ValidationError("'\(id)' is not a deposit's id: it begins with a transaction id of 64 hex digits")
      }
      return id
    }
  }

  struct Refuse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Decide that a held deposit is nobody's.",
      discussion: """
        Its coins stay where they are and are owed to their sender, or to the address that you name: give them back by \
        hand from the deposit address. When they go from there to just that address, the deposit is settled, and no \
        alarm is raised.
        """)
    @Argument(help: "The deposit's id, as `deposits held` shows it.") var id: String
    @Option(help: "Where the coins are given back to, when not to their sender (a contract, an exchange).")
    var returnTo: String?
    @OptionGroup var action: ActionOptions
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let command = try command(try action.action())
      try await bus.withBus { try await $0.apply(command, command.action) }
    }

    func command(_ action: OperatorAction) throws -> RefuseHeldDeposit {
      let receiver = try returnTo.map { text in
        do {
          return try TronAddress(parsing: text)
        } catch {
          throw ValidationError("--return-to is '\(text)': \(error)")
        }
      }
      return RefuseHeldDeposit(deposit: try Credit.check(id), returnTo: receiver, action: action)
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How many addresses are free, watched and unconfirmed, the key's fingerprint, the minimums. JSON.",
      discussion: "Exits with 1 when deposits are on and no address is free.")
    @OptionGroup var bus: BusOptions

    func run() async throws {
      let status = try await bus.ask(GetDepositStatus())
      try printJSON(status)
      if status.isOn, status.free == 0 { throw ExitCode.failure }
    }
  }

  struct Address: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A customer's address for deposits. JSON.",
      discussion: "A customer gets one by asking for it, in the bot or over REST.")
    @Argument(help: "The customer's id (cus_…).") var customer: String
    @OptionGroup var bus: BusOptions

    func run() async throws {
      try printJSON(try await bus.ask(GetDepositAddress(customer: try CustomerID(argument: customer))))
    }
  }
}
