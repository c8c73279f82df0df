import Contracts
import Testing
import TronKit

@testable import WalletSvc

@Suite("Saved addresses")
struct AddressBookTests {
  func address(_ number: UInt8) throws -> TronAddress {
    try TronAddress(bytes: [0x41] + Array(repeating: 7, count: 19) + [number])
  }

  @Test("an address is saved once, and saving it again renames it")
  func save() throws {
    let one = try address(1)
    guard case .changed(let book) = AddressBook.save(one, label: "a", in: []) else {
      Issue.record("not saved")
      return
    }
    #expect(AddressBook.save(one, label: "a", in: book) == .unchanged)
    #expect(AddressBook.save(one, label: "b", in: book) == .changed([SavedAddress(address: one, label: "b")]))
    #expect(AddressBook.remove(one, from: book) == .changed([]))
    #expect(AddressBook.remove(one, from: []) == .unchanged)
  }

  @Test("the list is full at its limit; what is in it can still be renamed")
  func full() throws {
    let book = try (0..<UInt8(SavedAddress.countMax)).map { SavedAddress(address: try address($0), label: "") }
    guard case .refused(let code, _) = AddressBook.save(try address(200), label: "", in: book) else {
      Issue.record("saved beyond the limit")
      return
    }
    #expect(code == "too_many_addresses")
    guard case .changed(let renamed) = AddressBook.save(try address(3), label: "x", in: book) else {
      Issue.record("not renamed")
      return
    }
    #expect(renamed.count == book.count)
  }

  @Test("a label has a limit")
  func label() throws {
    let outcome = AddressBook.save(try address(1), label: String(repeating: "x", count: 41), in: [])
    guard case .refused("label_too_long", _) = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }
}
