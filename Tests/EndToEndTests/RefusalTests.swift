import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// Orders that cannot be: each gets its own sentence or code, and no money moves.
extension OneStackTests { @Suite struct RefusalTests {} }

enum Obstacle: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case balanceTooSmall, receiverNotActivated, receiverIsContract, poolEmpty

  /// More than the pool has, within what the products allow.
  static let tooMuchEnergy: Int64 = 900_000_000

  var testDescription: String { rawValue }

  var energy: Int64 { self == .poolEmpty ? Self.tooMuchEnergy : 65_000 }
  /// TRX of a customer who meets this obstacle and no other.
  var trx: Int { self == .balanceTooSmall ? 1 : 50_000 }

  func receiver(_ stack: Stack) async throws -> TronAddress {
    switch self {
    case .balanceTooSmall, .poolEmpty: try await stack.chain.receiver()
    case .receiverNotActivated: try PrivateKey.generate().address
    case .receiverIsContract: try await stack.chain.contract()
    }
  }

  func sentence(_ language: String) -> String {
    switch (self, language) {
    case (.balanceTooSmall, "en"): "Your balance is too small"
    case (.balanceTooSmall, _): "余额不足"
    case (.receiverNotActivated, "en"): "The receiver is not activated yet"
    case (.receiverNotActivated, _): "接收地址尚未激活"
    case (.receiverIsContract, "en"): "The receiver is a smart contract"
    case (.receiverIsContract, _): "接收地址是智能合约"
    case (.poolEmpty, "en"): "There is not enough energy in the pool"
    case (.poolEmpty, _): "能量池目前能量不足"
    }
  }
}

extension OneStackTests.RefusalTests {
  @Test(
    "in the chat each obstacle has its own sentence in both languages, no button to confirm, and moves no money",
    arguments: Obstacle.allCases, ["en", "zh-hans"])
  func chat(_ obstacle: Obstacle, _ language: String) async throws {
    let stack = try Stack.current()
    let person = try await stack.person(language: language, trx: obstacle.trx)
    let before = try await stack.books.funds(of: person.customer)
    #expect(before.available == Int64(obstacle.trx) * 1_000_000)
    let receiver = try await obstacle.receiver(stack)
    try await person.choose(receiver, energy: obstacle.energy)
    let message = try await person.message(saying: obstacle.sentence(language))
    #expect(message["text"].string.contains(language == "en" ? "No money was taken" : "没有扣款"))
    for other in Obstacle.allCases where other != obstacle {
      #expect(!message["text"].string.contains(other.sentence(language)))
    }
    #expect(try await person.messages().allSatisfy { Person.confirmButton($0) == nil })
    #expect(try await stack.books.funds(of: person.customer) == before)
  }

  @Test(
    "over REST an order that cannot be is refused with its code before anything moves",
    arguments: [
      (Obstacle.balanceTooSmall, 402, "insufficient_balance"),
      (Obstacle.receiverNotActivated, 422, "receiver_not_activated"),
      (Obstacle.receiverIsContract, 422, "receiver_is_contract"),
    ])
  func rest(_ obstacle: Obstacle, _ status: Int, _ code: String) async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: obstacle.trx)
    let before = try await stack.books.funds(of: shopper.customer)
    let reply = try await shopper.place(try await obstacle.receiver(stack), energy: obstacle.energy)
    #expect(reply.status == status)
    #expect(reply.json["code"].string == code)
    #expect(reply.header("Content-Type") == "application/problem+json")
    #expect(try await stack.books.funds(of: shopper.customer) == before)
  }

  @Test("over REST an order for more than the pool has fails as pool_empty, and what was set aside is free again")
  func restPoolEmpty() async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: Obstacle.poolEmpty.trx)
    let before = try await stack.books.funds(of: shopper.customer)
    let receiver = try await stack.chain.receiver()
    let reply = try await shopper.place(receiver, energy: Obstacle.tooMuchEnergy)
    #expect(reply.status == 201)
    let failed = try await shopper.order(reply.json["id"].string, when: .failed)
    #expect(failed["failure"].string == "pool_empty")
    try await eventually(within: .seconds(20), "the hold is released") {
      let funds = try await stack.books.funds(of: shopper.customer)
      return funds.available == before.available && funds.held == 0
    }
    #expect(try await stack.books.transfers(of: reply.json["id"].string) == ["hold": 1, "release": 1])
    #expect(try await stack.chain.history(of: receiver) == Chain.History())
  }
}
