import BusKit
import Contracts
import Crypto
import Foundation
import Logging
import TronKit

/// What follows from one reading of one currency: the row afterwards, what is told, and the dust that is booked.
struct CustodyStep: Sendable {
  /// Addresses whose dust is booked in one comparison; the rest waits for the next one, and is no difference until
  /// then.
  static let dustMax = 1_000

  private(set) var row: CustodyCheckRow
  private(set) var event: CustodyDiffers?
  private let place: LedgerAccount.Custody
  private let currency: Currency
  /// By `CustodyDustRow.key`, when the comparison has come to an end.
  private var dust: [(key: String, amount: Int64)] = []

  /// - Throws: `CustodyChain.Unreadable` when the sum of what the addresses hold does not fit, or the row is of no
  ///   currency.
  init(
    _ row: CustodyCheckRow, _ place: LedgerAccount.Custody, flows: [Currency: CustodyBooks.Flow], chain: CustodyChain,
    bookedDust: [String: Int64], settings: CustodySettings, now: Date
  ) throws {
    self.row = row
    self.place = place
    guard let currency = Currency.allCases.first(where: { CustodyCheckRow.key(place, $0) == row.id }) else {
      throw CustodyChain.Unreadable(description: "the row '\(row.id)' is of no currency that the ledger knows")
    }
    self.currency = currency
    let flow = flows[currency] ?? CustodyBooks.Flow()
    let holdings = chain.currencies[currency] ?? CustodyChain.Holdings()
    let unbooked = holdings.dust.map { (key: $0.key, amount: $0.value - (bookedDust[$0.key] ?? 0)) }
      .filter { $0.amount > 0 }.sorted { $0.key < $1.key }
    guard let total = Int64(exactly: holdings.total) else {
      throw CustodyChain.Unreadable(description: "the addresses hold \(holdings.total), which cannot be")
    }
    let reading = CustodyReading(
      coinsIn: flow.coinsIn, coinsOut: flow.coinsOut, chain: total, dust: unbooked.reduce(0) { $0 &+ $1.amount },
      block: chain.block ?? 0, at: now)
    let verdict = self.row.watch.take(
      reading, settings.policy, tolerance: settings.tolerance(place, currency))
    self.row.addresses = chain.addresses
    self.row.updatedAt = now
    conclude(verdict, reading, isOpened: place == .deposits || flow.isOpened, now)
    if verdict != .undecided {
      // The addresses stand in the key: the same ones are booked whoever runs this.
      dust = unbooked.prefix(Self.dustMax).compactMap { unbooked in
        holdings.dust[unbooked.key].map { (unbooked.key, $0) }
      }
    }
  }

  private mutating func conclude(
    _ verdict: CustodyWatch.Verdict, _ reading: CustodyReading, isOpened: Bool, _ now: Date
  ) {
    switch verdict {
    case .undecided:
      row.detail = "differs by \(Money(reading.difference, currency)) at the moment; looked at again"
    case .agrees:
      (row.state, row.difference, row.comparedAt, row.isOver, row.detail) = (.agrees, 0, now, true, "")
      if reading.difference != 0 {
        row.detail = "but for \(Money(reading.difference, currency)), on its way or within the tolerance"
      }
      if row.reported != nil { tell(reading, 0, settledAt: now) }
      row.reported = nil
    case .differs(let amount) where !isOpened, .unclear(let amount) where !isOpened:
      (row.state, row.difference, row.comparedAt, row.isOver) = (.unopened, amount, now, true)
      row.detail = "book what was there at the beginning: energyctl ledger transfer"
    case .differs(let amount):
      (row.state, row.difference, row.comparedAt, row.detail) = (.differs, amount, now, "")
      if row.reported == nil || (row.reported != amount && row.watch.repeats > 0) {
        tell(reading, amount, settledAt: nil)
        row.reported = amount
      }
    case .unclear(let amount):
      (row.state, row.difference, row.comparedAt) = (.unclear, amount, now)
      row.detail = "never came closer, while as much was booked between any two readings: see docs/money.md, custody"
      if row.reported == nil {
        tell(reading, amount, settledAt: nil)
        row.reported = amount
      }
    }
  }

  private mutating func tell(_ reading: CustodyReading, _ difference: Int64, settledAt: Date?) {
    row.seq = EventSeq.next(after: row.seq, reading.at)
    event = CustodyDiffers(
      account: LedgerAccount.custody(place).name, currency: currency,
      ledger: Int64(clamping: Int128(reading.ledger) + Int128(reading.dust)), chain: reading.chain,
      difference: difference, settledAt: settledAt, seq: row.seq)
  }

  func tell(_ logger: Logger) {
    guard let event else { return }
    logger.log(
      level: event.settledAt == nil ? .critical : .notice,
      event.settledAt == nil ? "custody is not what the ledger says" : "custody and ledger agree again",
      metadata: [
        "account": "\(event.account)", "difference": "\(Money(event.difference, currency))",
        "ledger": "\(Money(event.ledger, currency))", "chain": "\(Money(event.chain, currency))",
      ])
  }

  /// Once per account, currency and day.
  private var dustID: String {
    "dust:\(row.id)/\(row.round.formatted(.iso8601.year().month().day()))"
  }

  var needs: [Need] {
    dust.isEmpty ? [] : [Ledger.needs(dustID)] + dust.map { .row(CustodyDustRow.self, $0.key) }
  }

  func write(_ unit: UnitOfWork) throws {
    try unit.save(row)
    if let event { try unit.publish(event) }
    if try !dust.isEmpty && Ledger.posted(dustID, unit) == nil { try bookDust(unit) }
  }

  /// What has come since it was booked last, address by address.
  private func bookDust(_ unit: UnitOfWork) throws {
    var sum: Int64 = 0
    for (key, amount) in dust {
      let booked = try unit.find(CustodyDustRow.self, key)?.amount ?? 0
      guard amount > booked else { continue }
      sum = try Ledger.checked { () throws(LedgerError) in
        let (next, overflow) = sum.addingReportingOverflow(amount - booked)
        if overflow { throw .overflow(account: LedgerAccount.rounding.name) }
        return next
      }
      try unit.save(CustodyDustRow(id: key, amount: amount, updatedAt: unit.now))
    }
    guard sum > 0 else { return }
    let posting = try Ledger.checked { () throws(LedgerError) in
      try Posting(.dust, currency, [(.custody(place), .rounding, sum)])
    }
    let body = "\(dustID) \(sum)"
    try Ledger.write(posting, id: dustID, bodyHash: Hex.encode(Array(SHA256.hash(data: Array(body.utf8)))), unit)
  }
}
