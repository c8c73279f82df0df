import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// One order in the chat and one over REST, so that every service has something to do with them.
struct TwoOrders: Sendable {
  let stack: Stack
  let person: Person
  let confirm: Person.Confirm
  let chatReceiver: TronAddress
  let shopper: Shopper
  let restReceiver: TronAddress
  private let key = UUID.v7().text

  /// All but the order itself.
  static func prepare(_ stack: Stack) async throws -> TwoOrders {
    async let person = stack.person(language: "en", trx: 100)
    async let shopper = stack.shopper(trx: 100)
    let receivers = try await stack.receivers(2)
    let confirm = try await person.prepare(receivers[0])
    return try await TwoOrders(
      stack: stack, person: person, confirm: confirm, chatReceiver: receivers[0], shopper: shopper,
      restReceiver: receivers[1])
  }

  func place() async throws {
    try await person.press(confirm.message, confirm.button)
    _ = try await shopper.tryToPlace(restReceiver, key: key)
  }

  /// Places both and returns when both have left `placed`. The chain stands still meanwhile, so that neither gets far.
  func placeHalfway() async throws {
    try await stack.chain.pause(true)
    try await place()
    try await eventually(within: .seconds(20), "both orders are halfway") { try await areHalfway() }
  }

  func areHalfway() async throws -> Bool {
    let states = try await states()
    return states.count == 2 && states.allSatisfy { [.funded, .delegating].contains($0) }
  }

  func states() async throws -> [OrderState] {
    var states: [OrderState] = []
    for receiver in [chatReceiver, restReceiver] { states += try await stack.books.orders(for: receiver).map(\.state) }
    return states
  }

  func expectFinished(_ location: SourceLocation = #_sourceLocation) async throws {
    try await stack.expectRentals(for: chatReceiver, customer: person.customer, location)
    try await stack.expectRentals(for: restReceiver, customer: shopper.customer, location)
    let ended = try await person.message(saying: "Ended", within: .seconds(30))
    #expect(ended["message_id"].int == confirm.message, "told in the order's message", sourceLocation: location)
    let again = try await shopper.place(restReceiver, key: key)
    #expect(again.status == 201, sourceLocation: location)
    let id = try await stack.books.orders(for: restReceiver).first?.id
    #expect(again.json["id"].string == id, "the same key is still the same order", sourceLocation: location)
    try await eventually(within: .seconds(20), "monitor-svc counts both as completed") {
      try await stack.database.number(
        "select count(*) as n from monitor_svc.monitored_orders where state = 'completed' and id = any($1)",
        [.textArray([confirm.order, id ?? ""])]) == 2
    }
  }
}

extension Stack {
  func receivers(_ count: Int) async throws -> [TronAddress] {
    var receivers: [TronAddress] = []
    for _ in 1...count { receivers.append(try await chain.receiver()) }
    return receivers
  }
}
