import BusKit
import Contracts
import Foundation
import Redis
import TestKit

/// Reads both sides: Postgres by plain SQL, the simulator by its control API.
extension ChainWorld {
  func check(_ orders: [OrderRecord]) async throws -> [Finding] {
    Checker(database: try await databaseSnapshot(), chain: try await chainSnapshot(), orders: orders).findings()
  }

  // MARK: - The chain

  private struct Delegation: Decodable {
    let txid: String
    let type: String
    let from: String
    let to: String
    let resource: String
    let balance: Int64
    let block: Int64
    let timestamp: Int64
  }

  private struct Account: Decodable {
    let energy_stake: Int64
    let energy_lent: Int64
  }

  private struct Resources: Decodable {
    let TotalEnergyLimit: Int64
    let TotalEnergyWeight: Int64
  }

  func chainSnapshot() async throws -> ChainSnapshot {
    var wallets: [String: ChainSnapshot.Wallet] = [:]
    for supplier in suppliers {
      let account: Account = try await sim.get("/sim/accounts/\(supplier.base58)")
      wallets[supplier.base58] = .init(stake: account.energy_stake, lent: account.energy_lent)
    }
    let resources = try await sim.post(
      "/wallet/getaccountresource", ["address": suppliers[0].base58, "visible": true], as: Resources.self)
    let lent = try await sim.lent().filter { $0.resource == "ENERGY" && wallets[$0.from] != nil }
    return ChainSnapshot(
      movements: try await movements(), supplierTransactions: try await supplierTransactions(), wallets: wallets,
      stakeAtStart: options.supplierStakeTRX * 1_000_000,
      lent: Dictionary(lent.map { (.init(from: $0.from, to: $0.to), $0.unlocked + $0.locked) }) { $0 + $1 },
      energyLimit: resources.TotalEnergyLimit, energyWeight: resources.TotalEnergyWeight)
  }

  func movements() async throws -> [ChainSnapshot.Movement] {
    try await sim.get("/sim/delegations", as: [Delegation].self).filter { $0.resource == "ENERGY" }.map {
      ChainSnapshot.Movement(
        txID: $0.txid, isDelegate: $0.type == "DelegateResource", from: $0.from, to: $0.to, sun: $0.balance,
        block: $0.block, timeMs: $0.timestamp)
    }
  }

  private func supplierTransactions() async throws -> [String] {
    struct Transaction: Decodable { let txid: String }
    struct Page: Decodable {
      let transactions: [Transaction]
      let next_block: Int64?
    }
    var all: [String] = []
    for supplier in suppliers {
      var block: Int64? = 0
      while let from = block {
        let path = "/sim/transactions?owner=\(supplier.base58)&from_block=\(from)"
        let page = try await sim.get(path, as: Page.self)
        all += page.transactions.map(\.txid)
        block = page.next_block
      }
    }
    return all
  }

  // MARK: - The database

  func databaseSnapshot() async throws -> DatabaseSnapshot {
    let schema = Self.schema
    let orders = try await execute("select id, state, failure from \(schema).delegations order by id").map {
      DatabaseSnapshot.Order(
        id: try $0.string("id"), state: try $0.string("state"), failure: try $0.stringIfPresent("failure"))
    }
    let legs = try await execute(
      """
      select l.id, l.order_id, l.supplier, d.receiver, l.energy, l.stake, l.state
      from \(schema).legs l join \(schema).delegations d on d.id = l.order_id order by l.id
      """
    ).map {
      DatabaseSnapshot.Leg(
        id: try $0.string("id"), order: try $0.string("order_id"), supplier: try $0.string("supplier"),
        receiver: try $0.string("receiver"), energy: try $0.int("energy"), stake: try $0.int("stake"),
        state: try $0.string("state"))
    }
    let transactions = try await execute(
      "select id, order_id, leg_id, purpose, state from \(schema).transactions order by id"
    ).map {
      DatabaseSnapshot.Transaction(
        id: try $0.string("id"), order: try $0.string("order_id"), leg: try $0.string("leg_id"),
        purpose: try $0.string("purpose"), state: try $0.string("state"))
    }
    // The chain tells milliseconds, so Postgres' microseconds are cut.
    let sendings = try await execute(
      "select tx_id, floor(extract(epoch from sent_at) * 1000)::bigint as ms from \(schema).sendings"
    ).map { DatabaseSnapshot.Sending(txID: try $0.string("tx_id"), sentAtMs: try $0.int("ms")) }
    let wallets = try await execute(
      "select address, reserved, delegated from \(schema).supplier_wallets order by address"
    ).map {
      DatabaseSnapshot.Wallet(
        address: try $0.string("address"), reserved: try $0.int("reserved"), delegated: try $0.int("delegated"))
    }
    return DatabaseSnapshot(
      orders: orders, legs: legs, transactions: transactions, sendings: sendings, wallets: wallets,
      pendingEffects: try await effects("pending"), deadEffects: try await effects("dead"),
      strandedMessages: try await strandedMessages())
  }

  /// Of orders: others, such as reading a wallet, come and go by the clock and may be given up.
  private func effects(_ state: String) async throws -> [String] {
    try await execute(
      """
      select kind || ' of ' || order_key || ': ' || coalesce(last_error, '') as what from \(Self.schema).effects
      where state = $1 and kind in ('tx.prepare', 'tx.send', 'tx.reclaim', 'tx.send_reclaim') order by 1
      """, [.text(state)]
    ).map { try $0.string("what") }
  }

  /// What happened to transactions more than once and had to change nothing.
  func absorbed() async throws -> [(name: String, count: Int64)] {
    let schema = Self.schema
    let resent = try await number(
      "select count(*) - count(distinct tx_id) as n from \(schema).sendings")
    let duplicates = try await number(
      "select count(*) as n from \(schema).sendings where code = 'DUP_TRANSACTION_ERROR'")
    let dead = try await number("select count(*) as n from \(schema).transactions where state = 'dead'")
    return [
      ("the same bytes sent again", resent), ("a node that had the bytes already", duplicates),
      ("a transaction settled as dead", dead),
    ]
  }

  private func strandedMessages() async throws -> [String] {
    var stranded = try await execute(
      """
      select 'unsent ' || message_id as what from \(Self.schema).outbox_queue
      where due_at < now() - interval '5 seconds'
      union all select 'parked ' || type || ' of ' || key || ': ' || reason from \(Self.schema).parked order by 1
      """
    ).map { try $0.string("what") }
    for topic in [Topic.txCommands, .txEvents] {
      for partition in 0..<topic.partitions {
        let count = try await commands.send(RedisCommand("XLEN", .init(topic.deadKey(partition)))).int ?? 0
        if count > 0 { stranded.append("\(count) dead letters of \(topic.name)") }
      }
    }
    return stranded
  }
}
