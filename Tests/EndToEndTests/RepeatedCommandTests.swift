import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// Every command of an order may be delivered any number of times, under its own id or another.
extension OneStackTests { @Suite struct RepeatedCommandTests {} }

extension OneStackTests.RepeatedCommandTests {
  @Test("a PlaceOrder that arrives three times under one id and three times under others charges and delegates once")
  func repeatedFromTheStart() async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: 100)
    let receiver = try await stack.chain.receiver()
    let order = OrderID.make()
    let id = UUID.v7()
    let message = OneStackTests.RentalTests.place(order, shopper.customer, receiver)
    try await stack.withBus { bus in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1...3 {
          group.addTask { try await bus.send(message, id: id) }
          group.addTask { try await bus.send(message) }
        }
        try await group.waitForAll()
      }
    }
    try await stack.expectRentals(for: receiver, customer: shopper.customer)
    #expect(try await stack.streams.dead(PlaceOrder.topic) == 0)
  }

  @Test(
    "a command of a running order that arrives six times more charges, delegates and takes back once",
    arguments: [
      RepeatedCommand(PlaceOrder.self, from: .gateway, to: .order),
      RepeatedCommand(HoldFunds.self, from: .order, to: .wallet),
      RepeatedCommand(DelegateEnergy.self, from: .order, to: .tx),
      RepeatedCommand(CaptureHold.self, from: .order, to: .wallet),
      RepeatedCommand(ReclaimEnergy.self, from: .order, to: .tx),
    ])
  func repeatedUnderWay(_ command: RepeatedCommand) async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: 100)
    let receiver = try await stack.chain.receiver()
    let id = try await shopper.place(receiver).json["id"].string
    var original: StreamMessage?
    try await eventually(within: .seconds(30), "\(command) is sent") {
      original = try await stack.books.sent(command.type, about: id, by: command.sender)
      return original != nil
    }
    let entry = try #require(original)
    let others = (1...3).map { _ in UUID.v7().text }
    let lastID = try await stack.streams.add(
      Array(repeating: entry, count: 3) + others.map { entry.renamed($0) }, to: command.topic)
    try await eventually(within: .seconds(30), "\(command.reader) has handled the copies") {
      try await stack.streams.isDone(lastID, command.topic, group: command.reader.program)
    }
    for other in others { #expect(try await stack.books.hasHandled(other, command.reader)) }
    try await stack.expectRentals(for: receiver, customer: shopper.customer)
    #expect(try await stack.streams.dead(command.topic) == 0, "no copy was an error")
  }
}

struct RepeatedCommand: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  let type: String
  let topic: Topic
  let sender: ServiceKind
  let reader: ServiceKind

  init(_ message: any Message.Type, from sender: ServiceKind, to reader: ServiceKind) {
    type = message.messageType
    topic = message.topic
    self.sender = sender
    self.reader = reader
  }

  var description: String { type }
  var testDescription: String { type }
}
