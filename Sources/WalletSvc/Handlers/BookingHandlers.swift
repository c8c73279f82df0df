import BusKit
import Contracts
import TronKit

/// Money that the chain takes.
enum BookingHandlers {
  static func register(in service: inout Service) {
    service.handle(BookOrderCost.self, needs: { [Ledger.needs(transferID($0))] }, apply: bookCost)
  }

  private static func transferID(_ command: BookOrderCost) -> String { "cost:\(command.order)" }

  private static func bookCost(_ command: BookOrderCost, _ unit: UnitOfWork) throws {
    let hash = try Ledger.hash(command)
    if let earlier = try Ledger.posted(transferID(command), unit) {
      guard earlier.bodyHash == hash else {
        throw InvariantViolation("a cost of order \(command.order) is booked already, and it is not \(command.cost)")
      }
      return
    }
    let posting = try Ledger.checked { () throws(LedgerError) in try Posting.cost(command.cost) }
    try Ledger.write(posting, id: transferID(command), order: command.order, bodyHash: hash, unit)
  }
}
