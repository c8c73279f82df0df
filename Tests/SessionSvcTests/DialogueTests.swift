import Contracts
import Foundation
import Testing
import TronKit

@testable import SessionSvc

@Suite struct DialogueTests {
  @Test("from the menu to the order: energy, duration, receiver, confirm")
  func wholeRental() throws {
    let receiver = try Sample.receiver()
    var dialogue = Sample.dialogue()
    #expect(dialogue.step(.command(.start, argument: "")).first?.screen?.has(.rent) == true)
    #expect(dialogue.step(.button(.rent)).first?.screen?.has(.energy(Energy(131_000))) == true)
    #expect(dialogue.step(.button(.energy(Energy(65_000)))) == [.load(.durations(Energy(65_000)), isFresh: false)])
    #expect(dialogue.step(.button(.duration(seconds: 3_600))) == [.load(.receivers, isFresh: false)])
    let offerRequest = LoadRequest.offer(
      receiver: receiver, energy: Energy(65_000), durationSeconds: 3_600, isNew: true)
    #expect(dialogue.step(.text(Sample.receiverText)) == [.load(offerRequest, isFresh: true)])
    let shown = dialogue.receive(
      .offer(try Sample.facts(chain: try Sample.chain()), order: Sample.order, isNew: true), isFresh: true)
    #expect(shown.first == .saveAddress(receiver))
    #expect(shown.last?.screen?.has(.confirm(Sample.order)) == true)
    let placed = dialogue.step(.button(.confirm(Sample.order)))
    #expect(
      placed == [
        .place(
          Offer(
            order: Sample.order, receiver: receiver, energy: Energy(65_000), durationSeconds: 3_600,
            price: Sun(3_900_000), quotedAt: Sample.now))
      ])
  }

  /// A dialogue whose customer looks at the confirm screen.
  private func confirming() throws -> Dialogue {
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.button(.energy(Energy(65_000))))
    _ = dialogue.step(.button(.duration(seconds: 3_600)))
    _ = dialogue.step(.button(.receiver(try Sample.receiver())))
    _ = dialogue.receive(
      .offer(try Sample.facts(chain: try Sample.chain()), order: Sample.order, isNew: false), isFresh: false)
    return dialogue
  }

  @Test("a second press of Confirm places nothing and says nothing")
  func doublePress() throws {
    var dialogue = try confirming()
    #expect(dialogue.step(.button(.confirm(Sample.order))).count == 1)
    #expect(dialogue.step(.button(.confirm(Sample.order))).isEmpty)
  }

  @Test("Confirm of another screen than the one shown places nothing and leads to the menu")
  func outdatedConfirm() throws {
    var dialogue = try confirming()
    let actions = dialogue.step(.button(.confirm(Sample.otherOrder)))
    #expect(actions.count == 1)
    #expect(actions.first?.screen?.html.source.contains("out of date") == true)
  }

  @Test("a button that is not ours is said to be out of date, in a new message", arguments: [
    "v1:e:99999999999999999999", "v1:e:9999999999", "v1:al:maybe", "v1:ok:", "v1:menu:", "v1:d:60", "v2:rent", "\u{0}",
    "v1:r:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u", "v1:ok:ord_00000000000000000000000000000000",
  ])
  func forgedButton(data: String) throws {
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.command(.menu, argument: ""))
    let notice = TextTable.of(.en).html(.outdated).source
    guard case .show(let screen, isFresh: true)? = dialogue.step(Input(.button(data: data))).first else {
      Issue.record("'\(data)' is not answered by a new message")
      return
    }
    #expect(screen.html.source.hasPrefix(notice))
  }

  @Test("Confirm does not work any more once something else is on the screen")
  func confirmAfterLeaving() throws {
    var dialogue = try confirming()
    _ = dialogue.step(.command(.balance, argument: ""))
    let actions = dialogue.step(.button(.confirm(Sample.order)))
    #expect(!actions.contains { if case .place = $0 { true } else { false } })
  }

  @Test("an offer older than ten minutes is priced again instead of placed")
  func expiredOffer() throws {
    let late = Sample.now.addingTimeInterval(Offer.lifetime + 1)
    var dialogue = Sample.dialogue(try confirming().conversation, at: late)
    let actions = dialogue.step(.button(.confirm(Sample.order)))
    let again = LoadRequest.offer(
      receiver: try Sample.receiver(), energy: Energy(65_000), durationSeconds: 3_600, isNew: false)
    #expect(actions == [.load(again, isFresh: false)])
  }

  @Test("each problem has a sentence of its own and no confirm button")
  func problems() throws {
    let cases: [(OfferFacts, OfferProblem, String)] = [
      (try Sample.facts(chain: try Sample.chain(isContract: true)), .receiverIsContract, "smart contract"),
      (try Sample.facts(chain: try Sample.chain(isActivated: false)), .receiverNotActivated, "not activated"),
      (
        try Sample.facts(balance: 900_000, chain: try Sample.chain()), .balanceTooSmall(missing: 3_000_000),
        "<b>3 TRX</b> are missing"
      ),
      (
        try Sample.facts(chain: try Sample.chain(), pool: try Sample.pool([64_999])), .poolEmpty,
        "not enough energy in the pool"
      ),
      (
        try Sample.facts(chain: try Sample.chain(), pool: try Sample.pool([900_000], signing: .reclaimsOnly)),
        .poolEmpty, "not enough energy in the pool"
      ),
    ]
    for (facts, problem, words) in cases {
      #expect(facts.problem == problem)
      var dialogue = Sample.dialogue()
      let actions = dialogue.receive(.offer(facts, order: Sample.order, isNew: true), isFresh: false)
      let screen = try #require(actions.last?.screen)
      #expect(!screen.has(.confirm(Sample.order)))
      #expect(screen.html.source.contains(words))
      #expect(dialogue.conversation.offer == nil)
      #expect(!dialogue.step(.button(.confirm(Sample.order))).contains { if case .place = $0 { true } else { false } })
    }
  }

  @Test("several wallets together can lend what none can alone, and an unknown chain or pool does not stop an order")
  func noProblem() throws {
    #expect(try Sample.facts(chain: try Sample.chain(), pool: try Sample.pool([40_000, 25_000])).problem == nil)
    #expect(try Sample.facts(chain: nil, pool: nil).problem == nil)
    #expect(try Sample.facts(chain: try Sample.chain(isActivated: false, isStale: true)).problem == nil)
  }

  @Test("a receiver that cannot be rented for is not saved")
  func contractNotSaved() throws {
    var dialogue = Sample.dialogue()
    let facts = try Sample.facts(chain: try Sample.chain(isContract: true))
    let actions = dialogue.receive(.offer(facts, order: Sample.order, isNew: true), isFresh: true)
    #expect(!actions.contains(.saveAddress(try Sample.receiver())))
  }

  @Test("an address is said to be saved or removed when it is, not before")
  func bookChanges() throws {
    let (address, screens) = (try Sample.receiver(), Screens(.en))
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.button(.addAddress))
    #expect(dialogue.step(.text(Sample.receiverText)) == [.load(.save(address), isFresh: true)])
    #expect(dialogue.conversation.expecting == .nothing)
    let saved = dialogue.receive(.book(.saved(address)), isFresh: true)
    #expect(saved == [.show(screens.saved(address), isFresh: true)])
    #expect(dialogue.step(.button(.removeAddress(address))) == [.load(.remove(address), isFresh: false)])
    let removed = dialogue.receive(.book(.removed(address)), isFresh: false)
    #expect(removed == [.show(screens.removed(address), isFresh: false)])
    #expect(LoadRequest.save(address).retry(durationSeconds: nil) == .address(address))
    #expect(LoadRequest.remove(address).retry(durationSeconds: nil) == .addresses)
  }

  @Test("what is shown of a mistaken text is short, however long its characters are")
  func longCharacters() throws {
    let long = "a" + String(repeating: "\u{0301}", count: 10_000)
    for button in [ButtonData.otherEnergy, .addAddress] {
      var dialogue = Sample.dialogue()
      _ = dialogue.step(.button(button))
      let screen = try #require(dialogue.step(.text(long)).first?.screen)
      #expect(screen.html.source.unicodeScalars.count < 500)
    }
    let saved = SavedAddress(address: try Sample.receiver(), label: long)
    #expect(Screens(.en).address(saved.address, nil, saved: saved).html.source.unicodeScalars.count < 500)
    let label = try #require(Screens(.en).addresses([saved]).buttons.first?.label)
    #expect(label.unicodeScalars.count < 60)
  }

  @Test("a bad address is told what is wrong with it, and the next one is taken", arguments: [
    ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T", "checksum"), ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj60", "position 34"),
    ("0xdAC17F958D2ee523a2206206994597C13D831ec7", "another chain"),
    ("41zz14f803b6fd780986a42c78ec9c7f77e6ded13c", "hexadecimal"),
    ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjL", "34 and begins with T"),
  ])
  func badReceivers(text: String, words: String) throws {
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.button(.energy(Energy(65_000))))
    _ = dialogue.step(.button(.duration(seconds: 3_600)))
    let screen = try #require(dialogue.step(.text(text)).first?.screen)
    #expect(screen.html.source.contains(words))
    #expect(dialogue.step(.text(try Sample.receiver().hex)).first?.request != nil)
  }

  @Test("a number that is none is refused with a sentence, a good one goes on")
  func otherEnergy() throws {
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.button(.otherEnergy))
    let refused = try #require(dialogue.step(.text("<lots>")).first?.screen)
    #expect(refused.html.source.contains("“&lt;lots&gt;” is not an amount of energy"))
    #expect(dialogue.step(.text("70,000")) == [.load(.durations(Energy(70_000)), isFresh: true)])
  }

  @Test("durations of the price list become buttons in their order; an amount that nobody lends gets the range")
  func durations() throws {
    var dialogue = Sample.dialogue()
    let screen = try #require(
      dialogue.receive(.durations(Energy(65_000), Sample.prices([259_200, 10, 3_600, 86_400])), isFresh: false)
        .first?.screen)
    #expect(
      screen.buttons.prefix(4).map(\.label) == [
        "10 s · 3.9 TRX", "1 h · 3.9 TRX", "1 day · 3.9 TRX", "3 days · 3.9 TRX",
      ])
    let none = dialogue.receive(.durations(Energy(5), Sample.prices()), isFresh: false).first?.screen
    #expect(none?.html.source.contains("from 32,000 to 10,000,000") == true)
  }

  @Test("a button of a step that was left leads to the menu", arguments: [ButtonData.duration(seconds: 3_600)])
  func staleSteps(data: ButtonData) throws {
    var dialogue = Sample.dialogue()
    #expect(dialogue.step(.button(data)).first?.screen?.html.source.contains("out of date") == true)
    #expect(dialogue.step(.button(.receiver(try Sample.receiver()))).first?.screen?.has(.rent) == true)
  }

  @Test("an address from the address book skips the choice of a receiver, once")
  func presetReceiver() throws {
    let receiver = try Sample.receiver()
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.button(.rentFor(receiver)))
    _ = dialogue.step(.button(.energy(Energy(65_000))))
    let offer = LoadRequest.offer(receiver: receiver, energy: Energy(65_000), durationSeconds: 3_600, isNew: false)
    #expect(dialogue.step(.button(.duration(seconds: 3_600))) == [.load(offer, isFresh: false)])
    #expect(dialogue.step(.button(.duration(seconds: 3_600))) == [.load(.receivers, isFresh: false)])
  }

  @Test("no answer becomes a sentence with a button that asks again")
  func unavailable() throws {
    var dialogue = Sample.dialogue()
    let screen = try #require(dialogue.receive(.unavailable(.balance), isFresh: false).first?.screen)
    #expect(screen.has(.balance) && screen.has(.menu))
  }

  @Test("/alerts on and off set the subscription; choosing a language shows the menu in it")
  func preferences() throws {
    var dialogue = Sample.dialogue()
    #expect(dialogue.step(.command(.alerts, argument: "ON")).first == .setAlerts(true))
    #expect(dialogue.step(.command(.alerts, argument: "off")).first == .setAlerts(false))
    #expect(dialogue.step(.command(.alerts, argument: "")).count == 1)
    let actions = dialogue.step(.button(.setLanguage(.zh)))
    #expect(actions.first == .setLanguage(.zh))
    #expect(actions.last?.screen == Screens(.zh).menu(notice: nil))
  }

  @Test("every input moves the ticket on, so that data asked for before is not shown")
  func tickets() {
    var dialogue = Sample.dialogue()
    _ = dialogue.step(.button(.balance))
    let ticket = dialogue.conversation.ticket
    _ = dialogue.step(.unknownButton)
    #expect(dialogue.conversation.ticket == ticket + 1)
  }
}
