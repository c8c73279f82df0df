import BusKit
import Contracts
import Foundation
import Postgres
import Redis
import TestKit

/// Something that goes wrong while deposits arrive.
struct StageFault: Sendable {
  let name: String
  /// How often it took effect.
  let strike: @Sendable (DepositStage, inout SeededGenerator) async throws -> Int

  private init(
    _ name: String, _ strike: @escaping @Sendable (DepositStage, inout SeededGenerator) async throws -> Int
  ) {
    self.name = name
    self.strike = strike
  }

  static let all: [StageFault] = [
    reorganisation("return", blocks: 12), reorganisation("lose", blocks: 4), reorganisation("reverse", blocks: 1),
    kill("wallet-svc", 2...3), kill("tx-svc", 0...1),
    StageFault("Postgres connections cut") { stage, _ in
      try await stage.execute(
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where usename in ('tx_svc', 'wallet_svc') and datname = current_database()
        """
      ).count
    },
    StageFault("Redis connections cut") { stage, _ in
      let command = RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      return Int(try await stage.commands.send(command).int ?? 0)
    },
    StageFault("events delivered again") { stage, random in try await stage.repeatEntries(&random) },
    StageFault("events told again under other ids") { stage, random in try await stage.tellAgain(&random) },
    StageFault("blocks read again") { stage, random in
      let solid = try await stage.sim.status().solid
      guard solid > 40 else { return 0 }
      let from = Int64.random(in: 1...solid - 12, using: &random)
      return try await stage.rescan(from...from + Int64.random(in: 4...9, using: &random)) ? 1 : 0
    },
  ]

  private static func reorganisation(_ contents: String, blocks most: Int) -> StageFault {
    StageFault("a reorganisation, transactions: \(contents)") { stage, random in
      let blocks = Int.random(in: 1...most, using: &random)
      let body: [String: any Sendable] = ["blocks": blocks, "transactions": contents]
      return try await stage.sim.ask("/sim/blocks/reorganise", body) ? 1 : 0
    }
  }

  private static func kill(_ name: String, _ services: ClosedRange<Int>) -> StageFault {
    StageFault("\(name) killed with SIGKILL") { stage, random in
      try await stage.killAndRestart(stage.services[Int.random(in: services, using: &random)])
      return 1
    }
  }
}

extension DepositStage {
  /// Adds entries of tx.events to the stream once more, word for word.
  fileprivate func repeatEntries(_ random: inout SeededGenerator) async throws -> Int {
    let key = Topic.txEvents.streamKey(0)
    let entries = try await commands.send(RedisCommand("XRANGE", .init(key), "-", "+", "COUNT", "2000")).array ?? []
    var count = 0
    for entry in entries.shuffled(using: &random).prefix(40) {
      guard let fields = entry.array?.last?.array?.compactMap(\.bytes), !fields.isEmpty else { continue }
      let words: [RedisWord] = ["XADD", .init(key), "*"] + fields.map { .init($0) }
      count += try await commands.send(RedisCommand(words)).isNull ? 0 : 1
    }
    return count
  }

  /// As a reader would that has forgotten what it told.
  fileprivate func tellAgain(_ random: inout SeededGenerator) async throws -> Int {
    let rows = try await execute(
      """
      select type, body from tx_svc.outbox
      where type in ('tx.DepositFound', 'tx.DepositHeld', 'tx.OwnTransactionFound')
      """)
    let chosen = Array(rows.shuffled(using: &random).prefix(20))
    try await withBus { bus in
      for row in chosen {
        let body = try row.bytes("body")
        switch try row.string("type") {
        case DepositFound.messageType: try await bus.send(try MessageCoder.decode(DepositFound.self, from: body))
        case DepositHeld.messageType: try await bus.send(try MessageCoder.decode(DepositHeld.self, from: body))
        default: try await bus.send(try MessageCoder.decode(OwnTransactionFound.self, from: body))
        }
      }
    }
    return chosen.count
  }

  /// As an operator does it; the work goes on afterwards.
  func rescan(_ blocks: ClosedRange<Int64>) async throws -> Bool {
    try await withBus { bus in
      let action = OperatorAction(actor: "test", reason: "test", key: UUID.v7().text)
      let command = RescanBlocks(from: blocks.lowerBound, to: blocks.upperBound, action: action)
      return try await bus.command(command, answer: CommandResult.self)?.ok == true
    }
  }
}
