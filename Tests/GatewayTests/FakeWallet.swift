import BusKit
import Contracts
import Synchronization
import TronKit

@testable import Gateway

/// Plays wallet-svc towards the gateway: the deposit address and the address book of one customer.
final class FakeWallet: Sendable {
  struct State {
    var addresses: [SavedAddress] = []
    var deposit: DepositAddressView?
    /// What AssignDepositAddress answers: `done`, `none_ready`, `deposits_off`.
    var assignCode = "done"
    var assigned = 0
    /// What a change of the address book is refused as.
    var refusal: String?
    /// Somebody else removes an address between the gateway's look and its command.
    var removesBeforeSaving = false
    /// Commands are carried out and not answered.
    var isSilent = false
  }
  private let state = Mutex(State())
  private let orders: FakeOrders

  init(_ orders: FakeOrders) { self.orders = orders }

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
  var now: State { state.withLock { $0 } }

  func service() -> Service {
    var service = Service(name: ServiceName.wallet, schema: "wallet_svc", migrations: [])
    orders.answerAccounts(in: &service)
    service.answer(GetDepositAddress.self) { query, _ in
      guard let view = self.now.deposit else {
        throw QueryFailure(code: "no_deposit_address", message: query.customer.text)
      }
      return view
    }
    service.answer(GetAddresses.self) { _, _ in SavedAddresses(addresses: self.now.addresses) }
    service.handle(AssignDepositAddress.self) { _, unit in try self.reply(try self.assign(), unit) }
    service.handle(SaveAddress.self) { command, unit in
      let isThere = self.state.withLock { state in
        if state.removesBeforeSaving { state.addresses = [] }
        return state.addresses.contains { $0.address == command.address }
      }
      guard isThere || command.renamesOnly != true else {
        return try self.reply(CommandResult(ok: false, code: "address_not_saved", detail: ""), unit)
      }
      try self.change(unit) { book in
        let old = book.first { $0.address == command.address }
        let label = command.label.isEmpty ? old?.label ?? "" : command.label
        book.removeAll { $0.address == command.address }
        book.append(SavedAddress(address: command.address, label: label, isDefault: old?.isDefault ?? false))
      }
    }
    service.handle(RemoveAddress.self) { command, unit in
      try self.change(unit) { book in book.removeAll { $0.address == command.address } }
    }
    service.handle(SetDefaultAddress.self) { command, unit in
      try self.change(unit) { book in
        book = book.map {
          SavedAddress(address: $0.address, label: $0.label, isDefault: $0.address == command.address)
        }
      }
    }
    return service
  }

  private func assign() throws -> DepositAddressAnswer {
    let address = try TronAddress(parsing: Samples.receiver)
    return state.withLock { state in
      state.assigned += 1
      guard state.assignCode == "done" else {
        return DepositAddressAnswer(code: state.assignCode, detail: "", address: nil)
      }
      let view = DepositAddressView(address: address, minimums: [Money(1_000_000, .trx), Money(1_500_000, .usdt)])
      state.deposit = view
      return DepositAddressAnswer(code: "done", detail: "", address: view)
    }
  }

  private func change(_ unit: UnitOfWork, _ body: (inout [SavedAddress]) -> Void) throws {
    let result = state.withLock { state in
      if let refusal = state.refusal {
        return CommandResult(ok: false, code: refusal, detail: "no good: give another")
      }
      let before = state.addresses
      body(&state.addresses)
      return CommandResult(ok: true, code: state.addresses == before ? "unchanged" : "done", detail: "")
    }
    try reply(result, unit)
  }

  private func reply(_ answer: some Message, _ unit: UnitOfWork) throws {
    guard let cause = unit.cause, !now.isSilent else { return }
    try unit.reply(answer, to: cause.replyTo, correlation: cause.correlation)
  }
}
