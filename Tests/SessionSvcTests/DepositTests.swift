import Contracts
import Foundation
import Testing
import TronKit

@testable import SessionSvc

@Suite("Deposits in the chat")
struct DepositTests {
  @Test("the command and the button ask for the address, and a photo says everything about it")
  func address() throws {
    var dialogue = Sample.dialogue()
    #expect(dialogue.step(.command(.deposit, argument: "")) == [.load(.deposit, isFresh: true)])
    #expect(dialogue.step(.button(.deposit)) == [.load(.deposit, isFresh: false)])
    let screen = try #require(
      dialogue.receive(.deposit(try Sample.deposit()), isFresh: false).first?.picture)
    let text = screen.html.source
    #expect(screen.qr == "tron:\(Sample.receiverText)")
    #expect(text.contains("<code>\(Sample.receiverText)</code>"))
    #expect(text.contains("<code>tron:\(Sample.receiverText)</code>"))
    #expect(text.contains("<b>1 TRX, 1.5 USDT</b>") && text.contains("USDT (TRC-20)") && text.contains("final"))
    #expect(screen.buttons.contains { $0.action == .copy(Sample.receiverText) })
    // A photo stays as it is: its menu is another message.
    #expect(screen.has(.home) && !screen.has(.menu))
  }

  @Test("a caption is within Telegram's 1,024 characters in every language", arguments: Language.allCases)
  func captionLength(language: Language) throws {
    let source = Screens(language).deposit(try Sample.deposit()).html.source
    #expect(source.replacing(/<[^>]*>/, with: "").utf16.count <= 1_024)
  }

  @Test("no address is a sentence with a button that asks again")
  func none() throws {
    var dialogue = Sample.dialogue()
    let later = try #require(dialogue.receive(.depositNotReady, isFresh: false).first?.screen)
    #expect(later.has(.deposit) && later.html.source.contains("minute"))
    let off = try #require(dialogue.receive(.depositsOff, isFresh: false).first?.screen)
    #expect(!off.has(.deposit) && off.html.source.contains("support"))
    #expect(LoadRequest.deposit.retry(durationSeconds: nil) == .deposit)
  }

  @Test("the balance shows both currencies and what is held, and leads to the deposit")
  func balance() throws {
    let both = Screens(.en).balance(
      CustomerBalance(available: Sun(12_500_000), held: Sun(3_900_000), usdt: 7_250_000), Sample.customer)
    for words in ["<b>12.5 TRX</b>", "<b>7.25 USDT</b>", "3.9 TRX"] { #expect(both.html.source.contains(words)) }
    #expect(both.has(.deposit))
    let older = Screens(.en).balance(
      CustomerBalance(available: Sun(1), held: .zero, usdt: nil), Sample.customer)
    #expect(!older.html.source.contains("USDT"))
  }

  @Test("who lacks money is led to the deposit")
  func lacking() throws {
    var dialogue = Sample.dialogue()
    let facts = try Sample.facts(balance: 1, chain: try Sample.chain())
    let actions = dialogue.receive(.offer(facts, order: Sample.order, isNew: false), isFresh: false)
    #expect(actions.last?.screen?.has(.deposit) == true)
  }

  @Test("a credited deposit is told with amount, address, transaction and balance", arguments: Language.allCases)
  func credited(language: Language) throws {
    let text = Screens(language).credited(try Self.event()).source
    for words in ["<b>12.5 USDT</b>", Sample.receiverText, try Sample.transaction(7).hex, "<b>1,020 USDT</b>"] {
      #expect(text.contains(words), "\(words)")
    }
  }

  static func event(customer: CustomerID = Sample.customer, seq: Int64 = 4) throws -> DepositCredited {
    DepositCredited(
      customer: customer, address: try Sample.receiver(), money: Money(12_500_000, .usdt),
      txID: try Sample.transaction(7), logIndex: 2, blockTime: Sample.now, available: 1_020_000_000, seq: seq)
  }
}

@Suite("The address book in the chat")
struct AddressBookTests {
  @Test("an address is renamed by the next text, and a refused name is asked for again")
  func rename() throws {
    let address = try Sample.receiver()
    var dialogue = Sample.dialogue()
    #expect(dialogue.step(.button(.rename(address))).first?.screen?.html.source.contains(address.base58) == true)
    #expect(dialogue.step(.text("cold")) == [.load(.rename(address, label: "cold"), isFresh: true)])
    let again = try #require(
      dialogue.receive(.book(.refused(address, code: "label_too_long")), isFresh: true).first?.screen)
    #expect(again.html.source.contains("too long"))
    #expect(dialogue.step(.text("c")) == [.load(.rename(address, label: "c"), isFresh: true)])
    let done = dialogue.receive(.book(.renamed(address, label: "<c>")), isFresh: true).first?.screen
    #expect(done?.html.source.contains("<b>&lt;c&gt;</b>") == true)
    // What comes next is no name any more.
    #expect(dialogue.step(.text("hello")).first?.screen?.html.source.contains("did not understand") == true)
  }

  @Test("a refusal of another kind is told and asks for nothing", arguments: [
    ("address_not_saved", "not among your addresses"), ("too_many_addresses", "20 addresses"),
    ("address_unusable", "Nobody has the key"), ("else", "again"),
  ])
  func refused(code: String, words: String) throws {
    var dialogue = Sample.dialogue()
    let actions = dialogue.receive(.book(.refused(try Sample.receiver(), code: code)), isFresh: false)
    let text = actions.first?.screen?.html.source
    #expect(text?.contains(words) == true && text?.contains(Sample.receiverText) == true)
    #expect(dialogue.conversation.expecting == .nothing)
  }

  @Test("the default is offered first when ordering, and marked")
  func defaultFirst() throws {
    let plain = SavedAddress(address: try Sample.receiver(), label: "a")
    let other = try TronAddress(parsing: "TQwDQ5gQECrKQV6J3cUXSyH1zfjYCXeFtC")
    let preferred = SavedAddress(address: other, label: "b", isDefault: true)
    let screen = Screens(.en).receivers([plain, preferred], energy: Energy(65_000))
    #expect(screen.data.prefix(2) == [ButtonData.receiver(other).text, ButtonData.receiver(plain.address).text])
    #expect(screen.buttons.first?.label.hasPrefix("⭐ b") == true)
  }

  @Test("only what can be done with an address is offered")
  func choices() throws {
    let address = try Sample.receiver()
    func screen(_ saved: SavedAddress?) -> Screen { Screens(.en).address(address, nil, saved: saved) }
    let plain = screen(SavedAddress(address: address, label: ""))
    #expect(plain.has(.rename(address)) && plain.has(.makeDefault(address)) && plain.has(.removeAddress(address)))
    let preferred = screen(SavedAddress(address: address, label: "<x>", isDefault: true))
    #expect(preferred.has(.rename(address)) && !preferred.has(.makeDefault(address)))
    #expect(preferred.html.source.contains("<b>&lt;x&gt;</b>"))
    let unknown = screen(nil)
    #expect(!unknown.has(.rename(address)) && !unknown.has(.makeDefault(address)))
  }
}
