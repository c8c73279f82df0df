import BusKit
import Contracts
import Foundation
import TronKit

/// A unit of work on one customer's profile and conversation: carries out what a step of the dialogue decided.
struct SessionUnit {
  let unit: UnitOfWork
  /// nil: a customer seen for the first time.
  private let known: Profile?
  private(set) var profile: Profile
  var conversation: Conversation

  static func needs(_ customer: CustomerID) -> [Need] {
    [.row(Profile.self, customer.text), .row(ConversationRow.self, customer.text)]
  }

  /// - Parameter language: for a customer seen for the first time.
  init(_ unit: UnitOfWork, _ customer: CustomerID, language: Language) throws {
    self.unit = unit
    known = try unit.find(Profile.self, customer.text)
    profile = known ?? Profile(customer, language: language)
    conversation = try unit.find(ConversationRow.self, customer.text)?.state.conversation ?? Conversation()
  }

  var dialogue: Dialogue {
    Dialogue(conversation, language: profile.language, customer: profile.id, now: unit.now)
  }

  /// The language that Telegram shows its app in counts until the customer has chosen one.
  mutating func follow(_ language: Language) throws {
    guard !profile.isLanguageChosen, profile.language != language else { return }
    profile.language = language
    if profile.alertsOn { try publishAlerts() }
  }

  /// Applies the actions and writes what has changed.
  mutating func finish(_ dialogue: Dialogue, _ actions: [Action]) throws {
    conversation = dialogue.conversation
    for action in actions { try apply(action) }
    if profile != known { try unit.save(profile) }
    try unit.save(
      ConversationRow(id: profile.id, state: StoredConversation(conversation), updatedAt: unit.now.hour))
  }

  private mutating func apply(_ action: Action) throws {
    let customer = profile.id
    switch action {
    case .show(let screen, let isFresh):
      try publish(screen, in: Slot.menu, isFresh: isFresh)
    case .showPicture(let screen): try publish(screen, in: Slot.deposit, isFresh: true)
    case .load(let request, let isFresh):
      try unit.start(
        LoadScreen(customer: customer, request: request, ticket: conversation.ticket, isFresh: isFresh))
    case .place(let offer): try place(offer)
    case .setLanguage(let language):
      profile.language = language
      profile.isLanguageChosen = true
      if profile.alertsOn { try publishAlerts() }
    case .saveAddress(let address):
      try unit.publish(SaveAddress(customer: customer, address: address, label: ""))
    case .setAlerts(let isOn):
      profile.alertsOn = isOn
      try publishAlerts()
    }
  }

  /// Both slots count together, so that each of them only ever sees larger numbers.
  private mutating func publish(_ screen: Screen, in slot: String, isFresh: Bool) throws {
    // Here a mistake rolls the step back, instead of ending as another service's dead letter.
    try screen.check()
    profile.screenSeq += 1
    try unit.publish(
      ShowScreen(customer: profile.id, slot: slot, isFresh: isFresh, seq: profile.screenSeq, screen: screen))
  }

  private func place(_ offer: Offer) throws {
    try unit.publish(
      PlaceOrder(
        order: offer.order, customer: profile.id, origin: .telegram, receiver: offer.receiver, energy: offer.energy,
        durationSeconds: offer.durationSeconds, priceMax: offer.price),
      timeToLive: PlaceOrder.timeToLive)
    try unit.publish(
      ShowScreen(
        customer: profile.id, slot: OrderScreenRow.slot(offer.order), adopts: Slot.menu,
        seq: OrderScreenRow.acceptedScreenSeq, screen: Screens(profile.language).accepted(offer)))
  }

  private func publishAlerts() throws {
    try unit.publish(
      SetAlertSubscription(customer: profile.id, isOn: profile.alertsOn, language: profile.language.rawValue))
  }
}

enum Slot {
  static let menu = "menu"
  static let deposit = "deposit"
}
