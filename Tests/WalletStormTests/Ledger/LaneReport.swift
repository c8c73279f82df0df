import Foundation

@testable import BusKit

/// What a lane has seen happen, and what the model says to it.
struct LaneReport: Sendable {
  private(set) var book = LedgerBook()
  /// The lines of the answer to each message that was handled, by the message.
  private(set) var answers: [UUID: [String]] = [:]
  private(set) var findings: [LedgerFinding] = []
  /// By sequence: what a person needs to understand a finding.
  private(set) var history: [Int: [String]] = [:]
  private var bodies: [UUID: [UInt8]] = [:]
  private(set) var sequences: [UUID: Int] = [:]
  var batches = 0
  var twiceAtOnce = 0
  /// Handled messages after which the service has to send itself another one, with their sequences.
  private(set) var causes: [UUID: Int] = [:]
  private(set) var deliveries = 0
  private(set) var duplicates = 0
  private(set) var buried = 0
  var crashes = (rolledBack: 0, committed: 0)
  var tally = ProxyTally()

  func isHandled(_ id: UUID) -> Bool { bodies[id] != nil }

  mutating func note(_ delivery: LedgerDelivery, _ what: String) {
    history[delivery.sequence, default: []].append("\(what): \(delivery.command.text)")
  }

  /// A transaction has handled these, in this order. Those that were handled before have no effect.
  mutating func commit(_ batch: [LedgerDelivery], handled: Int) {
    var fresh = 0
    for delivery in batch {
      deliveries += 1
      let id = delivery.envelope.id
      if let body = bodies[id] {
        duplicates += 1
        if body != delivery.envelope.body { find(delivery, "another message of the same id was absorbed") }
        continue
      }
      fresh += 1
      bodies[id] = delivery.envelope.body
      sequences[id] = delivery.sequence
      do {
        let answer = try delivery.command.apply(&book)
        answers[id] = answer
        if answer.contains("CreditDeposit") { causes[id] = delivery.sequence }
      } catch {
        find(delivery, "should have been buried, and was handled")
      }
    }
    guard fresh != handled, let first = batch.first else { return }
    find(first, "a batch handled \(handled) messages of \(fresh) that were new")
  }

  mutating func takeCauses() -> [UUID: Int] {
    defer { causes = [:] }
    return causes
  }

  /// A message that the bus has given up.
  mutating func bury(_ delivery: LedgerDelivery, _ error: any Error) {
    buried += 1
    note(delivery, "buried")
    if let body = bodies[delivery.envelope.id], body != delivery.envelope.body, error is InboxStore.IdentityConflict {
      return
    }
    var copy = book
    do {
      let answer = try delivery.command.apply(&copy)
      find(delivery, "was buried (\(error)) where the answer is \(answer)")
    } catch {
      // The book has no answer either: to give the message up was right.
    }
  }

  mutating func torn(_ batch: [LedgerDelivery], handled: Int, of fresh: Int) {
    guard let first = batch.first else { return }
    find(first, "a transaction is torn: \(handled) of \(fresh) messages are in the inbox")
  }

  private mutating func find(_ delivery: LedgerDelivery, _ what: String) {
    findings.append(LedgerFinding(.delivery, delivery.sequence, "\(delivery.command.text) \(what)"))
  }
}
