import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Keeps addresses ready that are nobody's: derives them, and asks tx-svc to watch them. Every replica runs it; the
/// generation's row lets one at a time derive, and an address' own row lets one at a time ask.
struct DepositSupply: Sendable {
  let settings: DepositSettings
  let bus: Bus

  static func register(_ settings: DepositSettings, in service: inout Service) {
    service.background("deposit-supply") { bus in
      let supply = DepositSupply(settings: settings, bus: bus)
      var looks = 0
      while true {
        try await supply.step(isThorough: looks % thoroughEvery == 0)
        looks += 1
        try await Task.sleep(for: settings.pace)
      }
    }
  }

  /// What is asked for once a day, and what only the configuration changes, is looked for in one look of so many.
  private static let thoroughEvery = 60

  /// One look.
  private func step(isThorough: Bool) async throws {
    let isRetired = try await topUp()
    while try await ask(.unconfirmed, after: settings.askAgain.components.seconds) == WatchAddresses.addressesMax {}
    if isThorough {
      try await ask(.confirmed, after: 86_400)
      // Last: an address that cannot be entered keeps customers from nothing.
      try await enterTreasury()
    }
    if isRetired, let key = settings.key {
      throw PermanentFailure(
        "the deposit key \(key.fingerprint) is retired: put another one into ENERGY_DEPOSIT_XPUB_FILE")
    }
  }

  /// - Returns: whether the configured key is retired: then no more of its addresses are made.
  private func topUp() async throws -> Bool {
    guard let key = settings.key else { return false }
    let generation = try await generation(of: key)
    guard generation.retiredAt == nil else { return true }
    try await topUp(key, generation)
    return false
  }

  /// The generation of this key, which is a new one when the key was never seen before.
  private func generation(of key: DepositKey) async throws -> DepositGenerationRow {
    let known = try await bus.read { session in
      try session.execute("select * from deposit_generations where id = $1", [.text(key.fingerprint)]).rows.first
        .map { try PostgresRowDecoder().decode(DepositGenerationRow.self, from: $0) }
    }
    if let known { return known }
    return try await bus.transaction(needs: [.all(DepositGenerationRow.self)]) { unit in
      if let row = try unit.find(DepositGenerationRow.self, key.fingerprint) { return row }
      let number = (try unit.all(DepositGenerationRow.self).map(\.number).max() ?? 0) + 1
      let row = DepositGenerationRow(id: key.fingerprint, number: number, nextIndex: 0, createdAt: unit.now)
      try unit.save(row)
      return row
    }
  }

  // MARK: - Deriving

  /// Not for one customer each: a command to tx-svc names many.
  private func topUp(_ key: DepositKey, _ generation: DepositGenerationRow) async throws {
    let ready = try await bus.read { session in
      try session.execute(
        """
        select count(*) as count from deposit_addresses
        where fingerprint = $1 and customer is null and money_since is null
        """, [.text(key.fingerprint)]
      ).rows.first.map { try $0.int("count") } ?? 0
    }
    let missing = settings.ahead - Int(ready)
    guard missing > 0, ready == 0 || missing >= settings.ahead / 10 else { return }
    let first = generation.nextIndex
    let count = min(missing, WatchAddresses.addressesMax)
    guard first + Int64(count) <= Int64(ExtendedPublicKey.hardenedFrom) else {
      throw PermanentFailure("the extended public key \(key.fingerprint) has no more addresses: configure another one")
    }
    let children = try key.addresses(from: first, count: count)
    let needs: [Need] = [.row(DepositGenerationRow.self, key.fingerprint)]
    try await bus.transaction(
      needs: needs + children.map { .row(DepositAddressRow.self, $0.address.base58) }
    ) { [settings] unit in
      // Another replica may have been faster.
      guard var generation = try unit.find(DepositGenerationRow.self, key.fingerprint), generation.nextIndex == first
      else { return }
      generation.nextIndex += Int64(count)
      try unit.save(generation)
      for (index, address) in children where !settings.treasury.contains(address) {
        // The owner's own, entered before.
        guard try unit.find(DepositAddressRow.self, address.base58) == nil else { continue }
        try unit.save(
          DepositAddressRow(
            id: address, place: .deposits, fingerprint: key.fingerprint, generation: generation.number, index: index,
            state: .new, createdAt: unit.now))
      }
    }
  }

  /// The owner's own addresses are watched, too.
  private func enterTreasury() async throws {
    let addresses = settings.treasury
    guard !addresses.isEmpty else { return }
    let known = try await bus.read { session in
      try session.execute(
        "select id, place from deposit_addresses where id = any($1)", [.textArray(addresses.map(\.base58))]
      ).rows.map { (id: try $0.string("id"), place: try $0.string("place")) }
    }
    if let wrong = known.first(where: { $0.place != LedgerAccount.Custody.treasury.rawValue }) {
      throw PermanentFailure(
        "\(wrong.id) is a deposit address and stands in ENERGY_TREASURY_ADDRESSES: take it out there")
    }
    guard known.count < addresses.count else { return }
    try await bus.transaction(needs: addresses.map { .row(DepositAddressRow.self, $0.base58) }) { unit in
      for address in addresses where try unit.find(DepositAddressRow.self, address.base58) == nil {
        try unit.save(
          DepositAddressRow(
            id: address, place: .treasury, fingerprint: nil, generation: nil, index: nil, state: .new,
            createdAt: unit.now))
      }
    }
  }

  // MARK: - Asking

  /// Which addresses tx-svc is asked to watch.
  private enum Due {
    /// What is new, and once more what was not confirmed in time.
    case unconfirmed
    /// What is watched and has no money: tx-svc may have lost it, and custody is not compared there. Where it was not
    /// lost, asking changes nothing.
    case confirmed

    /// `$1`: how many seconds ago they were asked for last.
    var condition: String {
      switch self {
      case .unconfirmed:
        """
        state <> 'watched' and (asked_at is null or asked_at < now() - make_interval(secs => $1))
          order by asked_at nulls first
        """
      case .confirmed:
        """
        state = 'watched' and money_since is null and asked_at < now() - make_interval(secs => $1) order by asked_at
        """
      }
    }

    /// Whether it still is: another replica may have asked, or tx-svc have answered.
    func includes(_ row: DepositAddressRow, _ seconds: Int64, _ now: Date) -> Bool {
      guard (row.state == .watched) == (self == .confirmed) else { return false }
      guard let last = row.askedAt else { return self == .unconfirmed }
      return now.timeIntervalSince(last) > Double(seconds)
    }
  }

  /// Asks for some that are due; returns how many.
  @discardableResult
  private func ask(_ due: Due, after seconds: Int64) async throws -> Int {
    let ids = try await bus.read { session in
      try session.execute(
        "select id from deposit_addresses where \(due.condition) limit \(WatchAddresses.addressesMax)",
        [.int(seconds)]
      ).rows.map { try $0.string("id") }
    }
    guard !ids.isEmpty else { return 0 }
    return try await bus.transaction(needs: ids.map { .row(DepositAddressRow.self, $0) }) { unit in
      var asked: [TronAddress] = []
      for id in ids {
        guard var row = try unit.find(DepositAddressRow.self, id), due.includes(row, seconds, unit.now)
        else { continue }
        if due == .unconfirmed { row.state = .registered }
        row.askedAt = unit.now
        try unit.save(row)
        asked.append(row.id)
      }
      if !asked.isEmpty { try unit.publish(WatchAddresses(addresses: asked)) }
      return asked.count
    }
  }
}
