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

  @Test("an address that was removed meanwhile is not renamed back into the list")
  func renameOnly() throws {
    let one = SavedAddress(address: try address(1), label: "a", isDefault: true)
    #expect(
      AddressBook.save(one.address, label: "b", in: [one], renamesOnly: true)
        == .changed([SavedAddress(address: one.address, label: "b", isDefault: true)]))
    guard case .refused(let code, _) = AddressBook.save(one.address, label: "b", in: [], renamesOnly: true) else {
      Issue.record("saved again")
      return
    }
    #expect(code == "address_not_saved")
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

  @Test("a label is trimmed, short and printable", arguments: [
    (String(repeating: "x", count: 41), "label_too_long"),
    ("x" + String(repeating: "\u{301}", count: 400), "label_too_long"),
    ("two\nlines", "label_unprintable"), ("bell\u{7}", "label_unprintable"), ("\u{202E}gnp.exe", "label_unprintable"),
    ("hidden\u{200B}space", "label_unprintable"), ("line\u{2028}separator", "label_unprintable"),
  ])
  func label(_ label: String, _ code: String) throws {
    guard case .refused(let found, _) = AddressBook.save(try address(1), label: label, in: []) else {
      Issue.record("saved")
      return
    }
    #expect(found == code)
  }

  @Test("what is around a label is left out; emoji and every script are fine", arguments: [
    ("  shop \n", "shop"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("نمی‌خواهم", "نمی‌خواهم"), ("长期钱包", "长期钱包"),
  ])
  func trimmed(_ label: String, _ saved: String) throws {
    let one = try address(1)
    #expect(
      AddressBook.save(one, label: label, in: []) == .changed([SavedAddress(address: one, label: saved)]))
  }

  @Test("an order that remembers its address takes no label away")
  func emptyLabel() throws {
    let one = try address(1)
    #expect(AddressBook.save(one, label: " ", in: [SavedAddress(address: one, label: "shop")]) == .unchanged)
  }

  @Test("an address is the same in base58 and hexadecimal, and the one without a key is refused")
  func forms() throws {
    let one = try address(1)
    let book = [SavedAddress(address: one, label: "a")]
    for text in [one.base58, one.hex, "0x" + one.hex] {
      #expect(AddressBook.save(try TronAddress(parsing: text), label: "a", in: book) == .unchanged)
    }
    guard case .refused("address_unusable", _) = AddressBook.save(.zero, label: "a", in: []) else {
      Issue.record("the zero address was saved")
      return
    }
  }

  @Test("one address is the default; renaming keeps it and its place, removing it leaves none")
  func defaults() throws {
    let book = try (1...3).map { SavedAddress(address: try address($0), label: "\($0)") }
    guard case .changed(let first) = AddressBook.setDefault(book[0].address, in: book),
      case .changed(let second) = AddressBook.setDefault(book[1].address, in: first),
      case .changed(let renamed) = AddressBook.save(book[1].address, label: "x", in: second),
      case .changed(let removed) = AddressBook.remove(book[1].address, from: renamed)
    else {
      Issue.record("not changed")
      return
    }
    #expect(second.map(\.isDefault) == [false, true, false])
    #expect(AddressBook.setDefault(book[1].address, in: second) == .unchanged)
    #expect(renamed.map(\.isDefault) == [false, true, false] && renamed.map(\.label) == ["1", "x", "3"])
    #expect(removed.map(\.isDefault) == [false, false])
    guard case .refused("address_not_saved", _) = AddressBook.setDefault(try address(9), in: book) else {
      Issue.record("an address that is not saved became the default")
      return
    }
  }
}
