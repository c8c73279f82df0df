import BusKit
import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

/// Every broadcast code of java-tron (facts: api.Return.response_code) in every state of a transaction: what happens to
/// the transaction, its leg and its order. The table in docs/tron.md says the same.
struct BroadcastCellTests {
  enum Follows: Sendable {
    /// Nothing is concluded: the same bytes may be sent again, and the chain decides.
    case unknown
    /// Dead, and a leg is planned anew in the same transaction.
    case anew
    /// Dead, and the order fails.
    case fails(OrderFailure)
  }

  static let codes: [(code: String, message: String, follows: Follows)] = [
    ("SUCCESS", "", .unknown),
    ("SIGERROR", "Validate signature error: sig error", .anew),
    ("CONTRACT_VALIDATE_ERROR", "Contract validate error : Account[41ff] not exists", .fails(.receiverNotActivated)),
    ("CONTRACT_EXE_ERROR", "Contract execute error : x", .fails(.chainRefused)),
    ("BANDWITH_ERROR", "Account resource insufficient error.", .anew),
    ("DUP_TRANSACTION_ERROR", "Dup transaction.", .unknown),
    ("TAPOS_ERROR", "Tapos check error.", .anew),
    ("TOO_BIG_TRANSACTION_ERROR", "Too big transaction", .fails(.chainRefused)),
    ("TRANSACTION_EXPIRATION_ERROR", "Transaction expired", .anew),
    ("SERVER_BUSY", "Server busy.", .unknown),
    ("NO_CONNECTION", "No connection.", .unknown),
    ("NOT_ENOUGH_EFFECTIVE_CONNECTION", "", .unknown),
    ("BLOCK_UNSOLIDIFIED", "Block unsolidified.", .unknown),
    ("OTHER_ERROR", "Error: x", .unknown),
    ("A_CODE_OF_TOMORROW", "", .unknown),
    ("no answer", "", .unknown),
  ]

  private static func outcome(_ code: String, _ message: String) -> BroadcastOutcome {
    switch code {
    case "SUCCESS": .accepted
    case "no answer": .unknown(reason: "timeout")
    default: .rejected(code: BroadcastCode(rawValue: code), message: message)
    }
  }

  private static func sending(
    _ number: Int, _ transaction: TransactionID, _ answer: BroadcastOutcome?, node: String = "node"
  ) -> Sending {
    var sending = Sending(
      id: "sending-\(number)", txID: transaction, orderID: Samples.order, node: node, sentAt: Samples.now)
    if let answer {
      let (kind, code, message) = SendTransaction.reading(answer)
      sending.note(.init(sendingID: sending.id, outcome: kind, code: code, message: message))
    }
    return sending
  }

  /// An order of one leg whose transaction is in this state, with a second wallet to turn to.
  private static func prepared(_ state: StoredTransaction.State) throws -> (DelegationCase, TransactionID) {
    var delegation = try Samples.planned(
      wallets: [Samples.wallet(1, trx: 20_000), Samples.wallet(2, trx: 30_000)])
    let transaction = try Samples.transaction(9, leg: delegation.legs[0].id)
    try delegation.signed(transaction)
    delegation.submitted()
    let terms = try Samples.terms()
    switch state {
    case .signed: break
    case .inBlock, .solid:
      try delegation.inBlock(transaction.id, block: Samples.block(5), timeMs: 5_000, result: "SUCCESS")
      if state == .solid { try delegation.solid(transaction.id, fee: .zero, result: nil, terms: terms) }
    case .dead: try delegation.died(transaction.id, note: "expired", as: .buildAnew, terms)
    }
    try delegation.settle(terms)
    return (delegation, transaction.id)
  }

  /// What the outcome's transaction does with the rows.
  private static func record(
    _ sendings: [Sending], _ id: TransactionID, judges: Set<String> = ["node"], in delegation: inout DelegationCase
  ) throws {
    guard let state = delegation.transactions.first(where: { $0.id == id })?.state,
      case .refused(let rejection) = SendingVerdict.of(state, sendings, judges: judges)
    else { return }
    let terms = try Samples.terms(at: 1)
    try delegation.refused(id, rejection, terms)
    try delegation.settle(terms)
  }

  @Test("the only sending's answer, code by code and state by state", arguments: 0..<codes.count)
  func alone(row: Int) throws {
    let (code, message, follows) = Self.codes[row]
    for state in StoredTransaction.State.allCases {
      var (delegation, id) = try Self.prepared(state)
      let before = delegation
      try Self.record([Self.sending(1, id, Self.outcome(code, message))], id, in: &delegation)
      guard state == .signed else {
        #expect(delegation.transactions == before.transactions, "\(code) in \(state)")
        #expect(delegation.legs == before.legs, "\(code) in \(state)")
        continue
      }
      switch follows {
      case .unknown:
        #expect(delegation.transactions == before.transactions, "\(code)")
        #expect(delegation.delegation.state == .submitted, "\(code)")
      case .anew:
        #expect(delegation.transactions.map(\.state) == [.dead], "\(code)")
        #expect(delegation.legs.map(\.state) == [.dead, .planned], "\(code)")
        #expect(delegation.delegation.failure == nil, "\(code)")
      case .fails(let failure):
        #expect(delegation.transactions.map(\.state) == [.dead], "\(code)")
        #expect(delegation.delegation.state == .failed, "\(code)")
        #expect(delegation.delegation.failure == failure, "\(code)")
        #expect(delegation.wallets.values.allSatisfy { $0.reserved == .zero }, "\(code)")
      }
    }
  }

  @Test("no refusal concludes anything while another node may have the bytes", arguments: 0..<codes.count)
  func besideAnother(row: Int) throws {
    let (code, message, _) = Self.codes[row]
    let others: [BroadcastOutcome?] = [
      nil, .accepted, .unknown(reason: "timeout"), .rejected(code: .duplicate, message: ""),
      .rejected(code: .busy, message: ""), .rejected(code: .other, message: ""),
    ]
    for other in others {
      for order in [[0, 1], [1, 0]] {
        var (delegation, id) = try Self.prepared(.signed)
        let before = delegation.transactions
        let answers = [other, Self.outcome(code, message)]
        let sendings = order.enumerated().map { Self.sending($0.offset, id, answers[$0.element]) }
        try Self.record(sendings, id, in: &delegation)
        #expect(delegation.transactions == before, "\(code) beside \(String(describing: other))")
      }
    }
  }

  @Test("what one node refused is concluded once a second one has refused it too", arguments: 0..<codes.count)
  func twoNodes(row: Int) throws {
    let (code, message, follows) = Self.codes[row]
    guard case .unknown = follows else {
      var (delegation, id) = try Self.prepared(.signed)
      let before = delegation.transactions
      let first = Self.sending(1, id, Self.outcome(code, message))
      let again = Self.sending(2, id, Self.outcome(code, message))
      try Self.record([first, again], id, judges: ["node", "other"], in: &delegation)
      #expect(delegation.transactions == before, "\(code) of one node")
      let second = Self.sending(3, id, Self.outcome(code, message), node: "other")
      try Self.record([first, again, second], id, judges: ["node", "other"], in: &delegation)
      #expect(delegation.transactions.map(\.state) == [.dead], "\(code) of two nodes")
      return
    }
  }

  @Test("a transaction that was never sent is not refused by anybody")
  func unsent() throws {
    let (_, id) = try Self.prepared(.signed)
    #expect(SendingVerdict.of(.signed, [], judges: []) == .mayHaveIt)
    #expect(SendingVerdict.of(.signed, [Self.sending(1, id, nil)], judges: []) == .mayHaveIt)
  }

  @Test("a reclaim that was refused is looked at again after a pause, whatever the refusal")
  func reclaims() throws {
    for (code, message, follows) in Self.codes {
      guard case .unknown = follows else {
        var (delegation, _) = try Self.prepared(.solid)
        try delegation.end(at: (delegation.delegation.startedAtMs ?? 0) + 3_600_000)
        let reclaim = try Samples.transaction(10, leg: delegation.legs[0].id, .reclaim)
        try delegation.signed(reclaim)
        try Self.record([Self.sending(1, reclaim.id, Self.outcome(code, message))], reclaim.id, in: &delegation)
        #expect(delegation.transactions.last?.state == .dead, "\(code)")
        #expect(delegation.legs[0].state == .solid, "\(code)")
        #expect(delegation.actions.contains(.reclaim(legID: delegation.legs[0].id, after: .seconds(2))), "\(code)")
        continue
      }
    }
  }
}
