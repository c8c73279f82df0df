import BusKit
import Contracts
import TronKit

/// Money that has arrived: it is taken down once, and credited in a second step, which knows the customer.
struct DepositHandlers: Sendable {
  let rules: DepositRules

  func register(in service: inout Service) {
    service.handle(
      DepositFound.self,
      needs: { [.row(DepositRow.self, Self.id(of: $0)), .row(DepositAddressRow.self, $0.address.base58)] },
      apply: found)
    service.handle(
      DepositHeld.self,
      needs: { [.row(DepositRow.self, Self.id(of: $0)), .row(DepositAddressRow.self, $0.address.base58)] }, apply: held)
    service.handle(
      CreditDeposit.self,
      needs: {
        [
          .row(DepositRow.self, $0.deposit), Ledger.needs($0.customer, $0.money.currency),
          Ledger.needs(Self.posting($0.deposit)), .row(LedgerFreezeRow.self, LedgerDifferenceFound.all),
        ]
      }, apply: Self.credit)
  }

  static func id(of event: DepositFound) -> String {
    event.logIndex.map { "\(event.txID.hex)/\($0)" } ?? event.txID.hex
  }

  /// By its place on the chain, so that it is the same however often, and by whatever tx-svc, the block is read. A
  /// token's log has one id, held or not. Without a place tx-svc's count for the address tells which move it is.
  static func id(of event: DepositHeld) -> String {
    guard let place = event.place else { return "\(event.txID.hex)/\(event.address.base58)/\(event.seq)" }
    return event.token == nil ? "\(event.txID.hex)/internal/\(place)" : "\(event.txID.hex)/\(place)"
  }

  static func posting(_ deposit: String) -> String { "deposit:\(deposit)" }

  private func found(_ event: DepositFound, _ unit: UnitOfWork) throws {
    let address = try unit.find(DepositAddressRow.self, event.address.base58)
    guard event.amount > 0 else {
      throw InvariantViolation("deposit \(Self.id(of: event)) is of \(event.amount), which is no deposit")
    }
    let owner = address?.owner(at: event.blockTime) ?? .unknown
    let verdict = rules.judge(amount: event.amount, token: event.token, owner: owner)
    let row = DepositRow(
      id: Self.id(of: event), address: event.address, sender: event.from, currency: rules.currency(of: event.token),
      token: event.token, amount: event.amount, state: .held, txID: event.txID, logIndex: event.logIndex,
      blockNumber: event.blockNumber, blockTime: event.blockTime, createdAt: unit.now)
    try takeDown(row, verdict, address, bodyHash: try Ledger.hash(event), unit)
  }

  private func held(_ event: DepositHeld, _ unit: UnitOfWork) throws {
    let address = try unit.find(DepositAddressRow.self, event.address.base58)
    let verdict = rules.judgeHeld(
      amount: event.amount, token: event.token, reason: event.reason,
      owner: address?.owner(at: event.blockTime) ?? .unknown)
    let currency = event.amount == nil ? nil : rules.currency(of: event.token)
    let row = DepositRow(
      id: Self.id(of: event), address: event.address, sender: event.from, currency: currency, token: event.token,
      amount: event.amount, state: .held, txID: event.txID, logIndex: event.token == nil ? nil : event.place,
      blockNumber: event.blockNumber, blockTime: event.blockTime, createdAt: unit.now)
    try takeDown(row, verdict, address, bodyHash: try Ledger.hash(event), unit)
  }

  /// Whatever is read again changes nothing; the same id with other content is somebody's mistake.
  private func takeDown(
    _ found: DepositRow, _ verdict: DepositRules.Verdict, _ address: DepositAddressRow?, bodyHash: String,
    _ unit: UnitOfWork
  ) throws {
    if let known = try unit.find(DepositRow.self, found.id) {
      guard known.isSame(as: found) else {
        throw InvariantViolation("deposit \(found.id) is known with other content: compare it with the chain")
      }
      return
    }
    var row = found
    let posting: Posting?
    switch verdict {
    case .credit(let customer, let money):
      row.state = .crediting
      row.customer = customer
      posting = nil
      try unit.publish(CreditDeposit(deposit: row.id, customer: customer, money: money))
    case .hold(let obstacle, let money):
      row.obstacle = obstacle
      row.returnsFrom = money == nil ? nil : row.address
      posting = try money.map { money in
        try Ledger.checked { () throws(LedgerError) in try Posting.heldDeposit(money) }
      }
    case .fund(let money):
      row.state = .funding
      posting = try Ledger.checked { () throws(LedgerError) in try Posting.funding(money) }
    case .ignore(let money):
      row.state = .ignored
      row.obstacle = .belowMinimum
      posting = try Ledger.checked { () throws(LedgerError) in try Posting.ignoredDeposit(money) }
    }
    try unit.save(row)
    if let posting { try Ledger.write(posting, id: Self.posting(row.id), bodyHash: bodyHash, unit) }
    if var address { try address.noteMoney(unit) }
  }

  private static func credit(_ command: CreditDeposit, _ unit: UnitOfWork) throws {
    guard var row = try unit.find(DepositRow.self, command.deposit), row.customer == command.customer,
      row.money == command.money
    else { throw InvariantViolation("deposit \(command.deposit) is not \(command.money) of \(command.customer)") }
    guard row.state == .crediting else { return }
    // It stays as it is; the clearing asks for it again.
    if try unit.find(LedgerFreezeRow.self, LedgerDifferenceFound.all) != nil { return }
    guard try Ledger.posted(posting(row.id), unit) == nil else {
      throw InvariantViolation("deposit \(row.id) is posted and not credited")
    }
    let hash = try Ledger.hash(command)
    if let funds = try DepositCredit.funds(after: command.money, command.customer, unit) {
      row.state = .credited
      let entry = try Ledger.checked { () throws(LedgerError) in
        try Posting.deposit(command.money, to: command.customer)
      }
      try DepositCredit.write(entry, id: posting(row.id), row, funds, bodyHash: hash, unit)
    } else {
      row.state = .held
      row.obstacle = .balanceFull
      row.returnsFrom = row.address
      let entry = try Ledger.checked { () throws(LedgerError) in try Posting.heldDeposit(command.money) }
      try Ledger.write(entry, id: posting(row.id), customer: command.customer, bodyHash: hash, unit)
    }
    try unit.save(row)
  }
}

extension DepositAddressRow {
  /// Notes that it has had money. What has had money before it was anybody's is never handed out.
  mutating func noteMoney(_ unit: UnitOfWork) throws {
    guard moneySince == nil else { return }
    moneySince = unit.now
    restock()
    try unit.save(self)
  }
}
