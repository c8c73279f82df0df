import Contracts
import Foundation
import TronKit

/// One step of a conversation: a pure function of what was said before, what is said, and the time. `conversation`
/// holds the
/// outcome.
struct Dialogue: Sendable {
  /// The largest number a customer may ask for; the price list decides what is really lent.
  static let energyMax: Int64 = 1_000_000_000

  private(set) var conversation: Conversation
  let language: Language
  let customer: CustomerID
  /// Postgres time.
  let now: Date

  private var screens: Screens { Screens(language) }

  init(_ conversation: Conversation, language: Language, customer: CustomerID, now: Date) {
    self.conversation = conversation
    self.language = language
    self.customer = customer
    self.now = now
  }

  // MARK: - What the customer does

  mutating func step(_ input: Input) -> [Action] {
    conversation.ticket += 1
    if case .button(.confirm(let order)) = input { return confirm(order) }
    // Whatever comes next replaces the confirm screen: its button must not work any more.
    conversation.offer = nil
    switch input {
    case .command(let command, let argument): return run(command, argument)
    case .unknownCommand: return menu(.notUnderstood, isFresh: true)
    case .text(let text): return read(text)
    case .button(let data): return press(data)
    case .unknownButton: return menu(.outdated, isFresh: true)
    }
  }

  private mutating func run(_ command: Input.Command, _ argument: String) -> [Action] {
    switch command {
    case .start, .menu: return menu(nil, isFresh: true)
    case .cancel: return menu(.cancelled, isFresh: true)
    case .help: return leave([.show(screens.help(), isFresh: true)])
    case .language: return leave([.show(screens.languages(), isFresh: true)])
    case .orders: return leave([.load(.orders(after: nil), isFresh: true)])
    case .balance: return leave([.load(.balance, isFresh: true)])
    case .deposit: return leave([.load(.deposit, isFresh: true)])
    case .addresses: return leave([.load(.addresses, isFresh: true)])
    case .rent: return rent(isFresh: true)
    case .alerts:
      switch argument.lowercased() {
      case "on": return alerts(true, isFresh: true)
      case "off": return alerts(false, isFresh: true)
      default: return leave([.show(screens.alerts(), isFresh: true)])
      }
    }
  }

  private mutating func press(_ data: ButtonData) -> [Action] {
    switch data {
    case .menu: return menu(nil, isFresh: false)
    case .home: return menu(nil, isFresh: true)
    case .rent: return rent(isFresh: false)
    case .energy(let energy): return choose(energy, isFresh: false)
    case .otherEnergy:
      conversation.expecting = .energy
      return [.show(screens.askEnergy(problem: nil), isFresh: false)]
    case .duration(let seconds): return choose(durationSeconds: seconds)
    case .receiver(let address): return choose(address, isNew: false, isFresh: false)
    case .addresses: return leave([.load(.addresses, isFresh: false)])
    case .addAddress:
      conversation.expecting = .newAddress
      return [.show(screens.askAddress(problem: nil), isFresh: false)]
    case .address(let address): return leave([.load(.address(address), isFresh: false)])
    case .removeAddress(let address): return leave([.load(.remove(address), isFresh: false)])
    case .rentFor(let address):
      conversation.draft = Conversation.Draft(receiver: address)
      conversation.expecting = .nothing
      return [.show(screens.energies(), isFresh: false)]
    case .rename(let address):
      conversation.expecting = .label
      conversation.renaming = address
      return [.show(screens.askLabel(address, problem: nil), isFresh: false)]
    case .makeDefault(let address): return leave([.load(.makeDefault(address), isFresh: false)])
    case .balance: return leave([.load(.balance, isFresh: false)])
    case .deposit: return leave([.load(.deposit, isFresh: false)])
    case .orders(let after): return leave([.load(.orders(after: after), isFresh: false)])
    case .order(let order): return leave([.load(.order(order), isFresh: false)])
    case .language: return leave([.show(screens.languages(), isFresh: false)])
    case .setLanguage(let chosen):
      conversation = Conversation(lastOrder: conversation.lastOrder, ticket: conversation.ticket)
      return [.setLanguage(chosen), .show(Screens(chosen).menu(notice: nil), isFresh: false)]
    case .help: return leave([.show(screens.help(), isFresh: false)])
    case .alerts(let isOn): return alerts(isOn, isFresh: false)
    case .confirm(let order): return confirm(order)
    }
  }

  private mutating func read(_ text: String) -> [Action] {
    switch conversation.expecting {
    case .nothing: return menu(.notUnderstood, isFresh: true)
    case .energy:
      guard let energy = Format.parseEnergy(text), energy.value <= Self.energyMax else {
        return [.show(screens.askEnergy(problem: text), isFresh: true)]
      }
      return choose(energy, isFresh: true)
    case .receiver:
      do {
        return choose(try TronAddress(parsing: text), isNew: true, isFresh: true)
      } catch {
        return [.show(screens.askReceiver(problem: error), isFresh: true)]
      }
    case .newAddress:
      do {
        let address = try TronAddress(parsing: text)
        conversation.expecting = .nothing
        return [.load(.save(address), isFresh: true)]
      } catch {
        return [.show(screens.askAddress(problem: error), isFresh: true)]
      }
    case .label:
      guard let address = conversation.renaming else { return menu(.outdated, isFresh: true) }
      guard !text.isEmpty else { return [.show(screens.askLabel(address, problem: nil), isFresh: true)] }
      return leave([.load(.rename(address, label: text), isFresh: true)])
    }
  }

  // MARK: - The rental, step by step

  private mutating func rent(isFresh: Bool) -> [Action] {
    conversation.draft = Conversation.Draft()
    conversation.expecting = .nothing
    return [.show(screens.energies(), isFresh: isFresh)]
  }

  private mutating func choose(_ energy: Energy, isFresh: Bool) -> [Action] {
    guard energy.value <= Self.energyMax else { return menu(.outdated, isFresh: true) }
    conversation.draft.energy = energy
    conversation.expecting = .nothing
    return [.load(.durations(energy), isFresh: isFresh)]
  }

  private mutating func choose(durationSeconds seconds: Int64) -> [Action] {
    guard let energy = conversation.draft.energy else { return menu(.outdated, isFresh: true) }
    conversation.draft.durationSeconds = seconds
    if let receiver = conversation.draft.receiver {
      // Taken once: "back" from the confirm screen then leads to the choice of a receiver.
      conversation.draft.receiver = nil
      return [
        .load(.offer(receiver: receiver, energy: energy, durationSeconds: seconds, isNew: false), isFresh: false)
      ]
    }
    conversation.expecting = .receiver
    return [.load(.receivers, isFresh: false)]
  }

  private mutating func choose(_ receiver: TronAddress, isNew: Bool, isFresh: Bool) -> [Action] {
    guard let energy = conversation.draft.energy, let seconds = conversation.draft.durationSeconds else {
      return menu(.outdated, isFresh: true)
    }
    // A corrected address may follow on one that cannot be rented for.
    conversation.expecting = .receiver
    return [
      .load(.offer(receiver: receiver, energy: energy, durationSeconds: seconds, isNew: isNew), isFresh: isFresh)
    ]
  }

  private mutating func confirm(_ order: OrderID) -> [Action] {
    if conversation.lastOrder == order { return [] }
    guard let offer = conversation.offer, offer.order == order else {
      conversation.offer = nil
      return menu(.outdated, isFresh: true)
    }
    guard !offer.isExpired(at: now) else {
      conversation.offer = nil
      return [
        .load(
          .offer(
            receiver: offer.receiver, energy: offer.energy, durationSeconds: offer.durationSeconds, isNew: false),
          isFresh: false)
      ]
    }
    conversation = Conversation(lastOrder: order, ticket: conversation.ticket)
    return [.place(offer)]
  }

  // MARK: - What other services answer

  /// The screen for data that a step asked for.
  /// - Parameter isFresh: as the step wanted it.
  mutating func receive(_ loaded: Loaded, isFresh: Bool) -> [Action] {
    switch loaded {
    case .durations(let energy, let prices): return [.show(screens.durations(energy, prices), isFresh: isFresh)]
    case .receivers(let saved):
      return [.show(screens.receivers(saved.addresses, energy: conversation.draft.energy), isFresh: isFresh)]
    case .offer(let facts, let order, let isNew): return show(facts, order, isNew: isNew, isFresh: isFresh)
    case .balance(let balance): return [.show(screens.balance(balance, customer), isFresh: isFresh)]
    case .deposit(let view): return [.showPicture(screens.deposit(view))]
    case .depositNotReady: return [.show(screens.sorry(.depositNotReady, retry: .deposit), isFresh: isFresh)]
    case .depositsOff: return [.show(screens.sorry(.depositsOff, retry: .balance), isFresh: isFresh)]
    case .book(let answer): return receive(answer, isFresh: isFresh)
    case .orders(let page): return [.show(screens.orders(page), isFresh: isFresh)]
    case .order(let order): return [.show(screens.orderDetail(order), isFresh: isFresh)]
    case .notOffered: return [.show(screens.sorry(.notOffered, retry: .rent), isFresh: isFresh)]
    case .orderNotFound: return [.show(screens.sorry(.orderNotFound, retry: .orders(after: nil)), isFresh: isFresh)]
    case .unavailable(let request):
      let retry = request.retry(durationSeconds: conversation.draft.durationSeconds)
      return [.show(screens.sorry(.unavailable, retry: retry), isFresh: isFresh)]
    }
  }

  private mutating func receive(_ answer: BookAnswer, isFresh: Bool) -> [Action] {
    switch answer {
    case .addresses(let saved): return [.show(screens.addresses(saved.addresses), isFresh: isFresh)]
    case .address(let address, let chain, let saved):
      return [.show(screens.address(address, chain, saved: saved), isFresh: isFresh)]
    case .saved(let address): return [.show(screens.saved(address), isFresh: isFresh)]
    case .removed(let address): return [.show(screens.removed(address), isFresh: isFresh)]
    case .renamed(let address, let label): return [.show(screens.renamed(address, label), isFresh: isFresh)]
    case .becameDefault(let address): return [.show(screens.becameDefault(address), isFresh: isFresh)]
    case .refused(let address, let code):
      guard let problem = Screens.labelProblem(code) else {
        return [.show(screens.refused(address, code), isFresh: isFresh)]
      }
      conversation.expecting = .label
      conversation.renaming = address
      return [.show(screens.askLabel(address, problem: problem), isFresh: isFresh)]
    }
  }

  private mutating func show(_ facts: OfferFacts, _ order: OrderID, isNew: Bool, isFresh: Bool) -> [Action] {
    let quote = facts.quote
    let problem = facts.problem
    let offer = Offer(
      order: order, receiver: facts.receiver, energy: quote.energy, durationSeconds: quote.product.durationSeconds,
      price: quote.price, quotedAt: now)
    conversation.offer = problem == nil ? offer : nil
    let isAccount = facts.chain.map { $0.isActivated && !$0.isContract } ?? false
    return (isNew && isAccount ? [.saveAddress(facts.receiver)] : [])
      + [.show(screens.confirm(facts, offer, problem), isFresh: isFresh)]
  }

  // MARK: - Elsewhere

  private mutating func alerts(_ isOn: Bool, isFresh: Bool) -> [Action] {
    leave([.setAlerts(isOn), .show(screens.alertsSet(isOn), isFresh: isFresh)])
  }

  private mutating func menu(_ notice: TextKey?, isFresh: Bool) -> [Action] {
    leave([.show(screens.menu(notice: notice), isFresh: isFresh)])
  }

  /// Gives up a rental that was being put together.
  private mutating func leave(_ actions: [Action]) -> [Action] {
    conversation.draft = Conversation.Draft()
    conversation.expecting = .nothing
    conversation.renaming = nil
    return actions
  }
}
