import BusKit
import Foundation
import TestKit

/// One delivery of a command on the bus.
struct LedgerDelivery: Sendable {
  let sequence: Int
  let command: LedgerCommand
  let envelope: Envelope
}

/// Random commands in the order in which they are delivered: some twice under one id, some said again under another,
/// some too early or too late; rarely one that claims another's id.
enum LedgerSequence {
  static let process = "storm"
  private static let total = LedgerOperation.all.reduce(0) { $0 + $1.weight }

  static func draw(_ number: Int, _ random: inout SeededGenerator) throws -> [LedgerDelivery] {
    var draw = LedgerDraw(number: number, random: SeededGenerator(seed: random.next()))
    var commands = [draw.credit(to: 0), draw.credit(to: 1)]
    for _ in 0..<Int.random(in: 4...11, using: &random) { commands.append(try pick(&random).draw(&draw)) }
    var placed: [(place: Double, delivery: LedgerDelivery)] = []
    for (index, command) in commands.enumerated() {
      let delivery = try delivery(command, number)
      func place(_ delivery: LedgerDelivery, within range: ClosedRange<Double>) {
        placed.append((Double(index) + .random(in: range, using: &random), delivery))
      }
      // Some overtake their neighbours.
      place(delivery, within: 0...2.5)
      if random.chance(120) { place(delivery, within: 0...6) }
      if random.chance(120) { place(try Self.delivery(command, number), within: 0...6) }
      if Int.random(in: 0..<4_000, using: &random) == 0 {
        place(try Self.delivery(draw.credit(), number, id: delivery.envelope.id), within: 0...6)
      }
    }
    return placed.sorted { $0.place < $1.place }.map(\.delivery)
  }

  private static func pick(_ random: inout SeededGenerator) -> LedgerOperation {
    var left = Int.random(in: 0..<total, using: &random)
    for operation in LedgerOperation.all {
      left -= operation.weight
      if left < 0 { return operation }
    }
    return LedgerOperation.all[0]
  }

  private static func delivery(_ command: LedgerCommand, _ number: Int, id: UUID = .v7()) throws -> LedgerDelivery {
    LedgerDelivery(sequence: number, command: command, envelope: try envelope(command.message, id))
  }

  private static func envelope<M: Message>(_ message: M, _ id: UUID) throws -> Envelope {
    Envelope(
      id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: Date(),
      correlation: "storm", replyTo: process, body: try MessageCoder.encode(message))
  }
}
