import BusKit
import Contracts

/// Customers' saved addresses.
enum AddressHandlers {
  static func register(in service: inout Service) {
    service.handle(SaveAddress.self, needs: { [.row(AddressBookRow.self, $0.customer.text)] }) { command, unit in
      try change(command.customer, unit) {
        AddressBook.save(command.address, label: command.label, in: $0, renamesOnly: command.renamesOnly ?? false)
      }
    }
    service.handle(RemoveAddress.self, needs: { [.row(AddressBookRow.self, $0.customer.text)] }) { command, unit in
      try change(command.customer, unit) { AddressBook.remove(command.address, from: $0) }
    }
    service.handle(SetDefaultAddress.self, needs: { [.row(AddressBookRow.self, $0.customer.text)] }) { command, unit in
      try change(command.customer, unit) { AddressBook.setDefault(command.address, in: $0) }
    }
  }

  private static func change(
    _ customer: CustomerID, _ unit: UnitOfWork, _ rule: ([SavedAddress]) -> AddressBook.Outcome
  ) throws {
    let book = try unit.find(AddressBookRow.self, customer.text)
    let result: CommandResult
    switch rule(book?.addresses ?? []) {
    case .changed(let addresses):
      try unit.save(AddressBookRow(id: customer, addresses: addresses, updatedAt: unit.now))
      result = CommandResult(ok: true, code: "done", detail: "\(addresses.count) addresses are saved")
    case .unchanged: result = CommandResult(ok: true, code: "unchanged", detail: "nothing had to change")
    case .refused(let code, let detail): result = CommandResult(ok: false, code: code, detail: detail)
    }
    try unit.answer(result)
  }
}
