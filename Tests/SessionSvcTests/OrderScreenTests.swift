import Contracts
import Foundation
import Testing
import TronKit

@testable import SessionSvc

@Suite struct OrderScreenTests {
  @Test("only a delivered order says that it is safe to send", arguments: OrderState.allCases)
  func safeToSend(state: OrderState) throws {
    let order = try Sample.view(state, delegate: [try Sample.transaction(1)])
    let text = Screens(.en).order(order, previous: nil, explorer: nil).html.source
    #expect(text.contains("safe to send now") == (state == .delivered || state == .active))
  }

  @Test("a delivered order shows transaction, copy button, link and end")
  func delivered() throws {
    let id = try Sample.transaction(0xab)
    let order = try Sample.view(.delivered, delegate: [id, try Sample.transaction(2)])
    let screen = Screens(.zh).order(order, previous: .delegating, explorer: "https://explorer.example/tx/")
    #expect(screen.html.source.contains("<code>\(id.hex)</code>"))
    #expect(screen.html.source.contains("另有 1 笔"))
    #expect(screen.html.source.contains(Format.time(Sample.now.addingTimeInterval(3_600))))
    let actions = screen.buttons.map(\.action)
    #expect(actions.contains(.copy(id.hex)))
    #expect(actions.contains(.url("https://explorer.example/tx/\(id.hex)")))
  }

  @Test("an order that a reorganisation took back says to wait")
  func reverted() throws {
    let text = Screens(.en).order(try Sample.view(.delegating), previous: .delivered, explorer: nil).html.source
    #expect(text.contains("took the block"))
  }

  @Test("every failure has its own sentence, in every language", arguments: Language.allCases)
  func failures(language: Language) throws {
    let texts = try OrderFailure.allCases.map {
      Screens(language).order(try Sample.view(.failed, failure: $0), previous: nil, explorer: nil).html.source
    }
    #expect(Set(texts).count == OrderFailure.allCases.count)
  }

  @Test("every screen's buttons fit Telegram's limits, in every language", arguments: Language.allCases)
  func limits(language: Language) throws {
    let screens = Screens(language)
    let facts = try Sample.facts(chain: try Sample.chain(isStale: true))
    let offer = Offer(
      order: Sample.order, receiver: try Sample.receiver(), energy: Energy(65_000), durationSeconds: 3_600,
      price: Sun(1), quotedAt: Sample.now)
    let saved = SavedAddress(address: try Sample.receiver(), label: String(repeating: "长", count: 200))
    let page = OrderPage(orders: [try Sample.view(.completed)], hasMore: true)
    let all = [
      screens.menu(notice: .outdated), screens.help(), screens.languages(), screens.alerts(), screens.alertsSet(true),
      screens.energies(), screens.askEnergy(problem: "x"), screens.durations(Energy(65_000), Sample.prices()),
      screens.receivers([saved], energy: Energy(1)), screens.confirm(facts, offer, nil),
      screens.confirm(facts, offer, .poolEmpty), screens.addresses(Array(repeating: saved, count: 20)),
      screens.address(saved.address, nil, saved: saved), screens.renamed(saved.address, "x"),
      screens.askLabel(saved.address, problem: .labelTooLong), screens.becameDefault(saved.address),
      screens.refused(saved.address, "address_not_saved"), screens.deposit(try Sample.deposit()),
      screens.confirm(facts, offer, .balanceTooSmall(missing: 1)), screens.saved(saved.address),
      screens.removed(saved.address),
      screens.orders(page), screens.orderDetail(try Sample.view(.completed, delegate: [try Sample.transaction(1)])),
      screens.accepted(offer), screens.balance(facts.balance, Sample.customer),
      screens.sorry(.unavailable, retry: .balance),
    ]
    for screen in all {
      #expect((1...4_096).contains(screen.html.source.utf16.count))
      for button in screen.buttons {
        #expect((1...64).contains(button.label.count))
        switch button.action {
        case .data(let data): #expect(ButtonData(data) != nil, "\(data)")
        case .copy(let text): #expect((1...256).contains(text.count))
        case .url: break
        }
      }
    }
    #expect(!screens.addresses(Array(repeating: saved, count: 20)).has(.addAddress))
  }

  @Test("the screen of an event always follows the one of Confirm")
  func order() {
    #expect(OrderScreenRow.screenSeq(of: 0) > OrderScreenRow.acceptedScreenSeq)
    #expect(OrderScreenRow.screenSeq(of: 2) > OrderScreenRow.screenSeq(of: 1))
  }

  @Test("a stored conversation reads back; one of another version starts anew")
  func stored() throws {
    var conversation = Conversation(expecting: .receiver, lastOrder: Sample.order, ticket: 7)
    conversation.draft.receiver = try Sample.receiver()
    conversation.renaming = try Sample.receiver()
    let data = try JSONEncoder().encode(StoredConversation(conversation))
    #expect(try JSONDecoder().decode(StoredConversation.self, from: data).conversation == conversation)
    let first = Data(#"{"version":1,"conversation":{"expecting":"energy","draft":{},"ticket":7}}"#.utf8)
    #expect(
      try JSONDecoder().decode(StoredConversation.self, from: first).conversation
        == Conversation(expecting: .energy, ticket: 7))
    let other = Data(#"{"version":99,"conversation":{"what":1}}"#.utf8)
    #expect(try JSONDecoder().decode(StoredConversation.self, from: other).conversation == Conversation())
  }
}
