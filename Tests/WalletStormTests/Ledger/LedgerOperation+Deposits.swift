import BusKit
import Contracts
import Foundation
import TestKit
import TronKit

/// What the chain brings.
extension LedgerOperation {
  static let deposits: [LedgerOperation] = [
    LedgerOperation(name: "deposit", weight: 4) { draw in
      let (arrival, message) = try draw.deposit()
      let text = "deposit \(arrival.id.suffix(20)) of \(arrival.amount) \(arrival.currency ?? "?")"
      return LedgerCommand(text, message) { try $0.find(arrival) }
    }
  ]
}

/// Addresses and transactions that are made from a sequence's number.
enum StormAddress {
  /// The first two are the customers', the third is nobody's.
  static let perSequence = 3

  static func address(sequence: Int, index: Int) throws -> TronAddress {
    try TronAddress(evmBytes: bytes(UInt64(sequence * perSequence + index + 1), count: 20))
  }

  static func transaction(sequence: Int, index: Int) throws -> TransactionID {
    try TransactionID(bytes: bytes(UInt64(sequence * 100 + index + 1), count: 32))
  }

  private static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: count - 8) + (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}

extension LedgerDraw {
  /// One id has mostly one content.
  mutating func deposit() throws -> (LedgerBook.Arrival, DepositFound) {
    let place = Int.random(in: 0..<5, using: &random)
    if let known = found[place], !isPoisoned { return known }
    let index = random.chance(100) ? 2 : Int.random(in: 0..<2, using: &random)
    let token = [nil, nil, nil, nil, USDT.mainnet, USDT.mainnet, USDT.mainnet, USDT.nile].randomElement(using: &random)
    let event = DepositFound(
      address: try StormAddress.address(sequence: number, index: index), from: USDT.mainnet, token: token ?? nil,
      amount: isRare ? self.amount(1...19) : self.amount(20...200),
      txID: try StormAddress.transaction(sequence: number, index: place), logIndex: token ?? nil == nil ? nil : 0,
      blockNumber: 1, blockTime: Date(timeIntervalSince1970: 1_700_000_000), seq: Int64(place))
    let currency = event.token == nil ? "TRX" : event.token == USDT.mainnet ? "USDT" : nil
    let arrival = LedgerBook.Arrival(
      id: event.txID.hex + (event.token == nil ? "" : "/0"), amount: event.amount, currency: currency,
      customer: index < 2 ? "cus_\(number)_\(index)" : nil)
    if found[place] == nil { found[place] = (arrival, event) }
    return (arrival, event)
  }
}

extension LedgerWorld {
  /// Customers' addresses, as if they had been derived, watched and handed out.
  func enterAddresses(sequences: Int) async throws {
    var (ids, indexes, customers): ([String], [Int64], [String]) = ([], [], [])
    for sequence in 0..<sequences {
      for index in 0..<StormAddress.perSequence {
        ids.append(try StormAddress.address(sequence: sequence, index: index).base58)
        indexes.append(Int64(ids.count))
        customers.append(index < 2 ? "cus_\(sequence)_\(index)" : "")
      }
    }
    let (allIDs, allIndexes, allCustomers) = (ids, indexes, customers)
    try await pool.transaction { session in
      try session.enqueue("insert into deposit_generations values ('storm', 1, \(allIDs.count), now())")
      try session.enqueue(
        """
        insert into deposit_addresses (id, place, fingerprint, generation, index, customer, state, created_at)
        select id, 'deposits', 'storm', 1, place, nullif(customer, ''), 'watched', now()
        from unnest($1::text[], $2::bigint[], $3::text[]) as n (id, place, customer)
        """, [.textArray(allIDs), .intArray(allIndexes), .textArray(allCustomers)])
    }
  }

  /// What the service has sent itself because of these messages.
  func sentToItself(because causes: [UUID: Int]) async throws -> [LedgerDelivery] {
    let keys = Set(causes.values.flatMap { ["cus_\($0)_0", "cus_\($0)_1"] })
    return try await whenUp { session in
      try session.execute(
        """
        select message_id, type, version, key, created_at, correlation, causation, body from outbox
        where key = any($1) and causation = any($2) and topic = 'wallet.commands'
        """, [.textArray(Array(keys)), .textArray(causes.keys.map(\.text))]
      ).rows.map { row in
        let body = try row.bytes("body")
        let command = try MessageCoder.decode(CreditDeposit.self, from: body)
        let cause = UUID(uuidString: try row.string("causation"))
        let envelope = Envelope(
          id: try row.uuid("message_id"), type: try row.string("type"), version: Int(try row.int("version")),
          key: try row.string("key"), createdAt: try row.date("created_at"),
          correlation: try row.string("correlation"), causation: try row.string("causation"), body: body)
        return LedgerDelivery(
          sequence: cause.flatMap { causes[$0] } ?? 0,
          command: LedgerCommand("credit of deposit \(command.deposit.suffix(20))", command) {
            try $0.credit(command.deposit)
          }, envelope: envelope)
      }
    }
  }
}
