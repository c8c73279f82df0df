import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing

@testable import WalletSvc

@Suite("The sealed chain")
struct LedgerSealTests {
  @Test("a transaction that stays open while later ones commit is sealed in a later block, and all lines once")
  func outOfOrder() async throws {
    try await LedgerDatabase.run { database in
      let slow = try await OpenTransaction(on: database.another(), LedgerDatabase.line("slow"))
      try await database.write("a", "b")
      try await database.sealAll()
      try await database.write("c")
      try await database.sealAll()
      try await slow.end()
      try await database.sealAll()
      let blocks = try await database.verify()
      #expect(blocks.faults == [] && blocks.unsealed == 0)
      #expect(blocks.blocks.map(\.lines) == [2, 1, 1])
      let numbers = (slow: try await database.number("slow"), first: try await database.number("a"))
      #expect(numbers.slow < numbers.first)
      #expect(blocks.blocks.last?.firstLine == numbers.slow)
    }
  }

  @Test("blocks are bounded, a transaction stays whole, and every line is in one block", arguments: [1, 2, 3, 50])
  func bounded(linesMax: Int) async throws {
    try await LedgerDatabase.run { database in
      try await database.script("begin; \((0..<4).map { LedgerDatabase.line("many-\($0)") }.joined()) commit")
      try await database.write("a", "b", "c", "d")
      try await database.script("begin; \(LedgerDatabase.line("x")) \(LedgerDatabase.line("y")) commit")
      try await database.sealAll(linesMax: linesMax)
      let page = try await database.verify()
      #expect(page.faults == [] && page.unsealed == 0)
      #expect(page.blocks.reduce(0) { $0 + $1.lines } == 10)
      #expect(page.blocks.allSatisfy { $0.lines <= max(4, linesMax) })
      #expect(try await database.int("select total from account_totals where account = 'customer:cus_a'") == 50)
      #expect(try await database.int("select sum(total) from ledger_sums") == 0)
    }
  }

  @Test("two that seal at once make one chain")
  func twoSealers() async throws {
    try await LedgerDatabase.run { database in
      let other = database.another()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for number in 0..<60 { try await database.write("l-\(number)") } }
        for pool in [database.pool, other] {
          group.addTask {
            for _ in 0..<60 { _ = try await pool.withSession { try LedgerSealer.step(linesMax: 5, $0) } }
          }
        }
        try await group.waitForAll()
      }
      await other.close()
      try await database.sealAll()
      let page = try await database.verify()
      #expect(page.faults == [] && page.unsealed == 0)
      #expect(page.blocks.reduce(0) { $0 + $1.lines } == 60)
    }
  }

  @Test("a sealer that dies between any two statements leaves nothing behind", arguments: [
    "ledger_blocks", "account_totals", "ledger_head",
  ])
  func dies(table: String) async throws {
    try await LedgerDatabase.run { database in
      try await database.write("a")
      try await database.script(
        """
        create function die() returns trigger language plpgsql as
          $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
        create trigger die before insert or update on \(table) for each row execute function die()
        """)
      await #expect(throws: PostgresError.self) { try await database.seal() }
      try await database.script("drop trigger die on \(table)")
      #expect(try await database.int("select count(*) from ledger_blocks") == 0)
      #expect(try await database.int("select count(*) from account_totals") == 0)
      #expect(try await database.seal() == .sealed(block: 1, lines: 1, isMore: false))
      #expect(try await database.verify().faults == [])
    }
  }

  @Test("says which line was altered, taken out or slipped in, and which block")
  func tampering() async throws {
    try await LedgerDatabase.run { database in
      for block in ["1", "2", "3"] {
        try await database.write("a\(block)", "b\(block)")
        try await database.sealAll()
      }
      #expect(try await database.verify().faults == [])
      let lines = try await database.rows("select number from journal order by number") { try $0.int("number") }
      let xid = try await database.rows("select xid::text as xid from journal where id = 'a2'") { try $0.string("xid") }

      try await database.tamper("update journal set amount = 6 where id = 'b2'")
      #expect(try await faults(database) == [Fault(.alteredLine, 2, lines[3])])
      try await database.tamper("update journal set amount = 5 where id = 'b2'")
      #expect(try await faults(database) == [])

      try await database.tamper(
        "create table kept as select * from journal where id = 'a1'; delete from journal where id = 'a1'")
      let missing = try await faults(database)
      #expect(missing.contains(Fault(.missingLine, 1, lines[0])))
      try await database.tamper("insert into journal overriding system value select * from kept")
      #expect(try await faults(database) == [])

      try await database.tamper(
        """
        insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at, xid)
          values ('slipped', 'credit', 'TRX', 'adjustments', 'customer:cus_b', 1, 'h', now(), '\(xid[0])')
        """)
      let slipped = try await database.number("slipped")
      #expect(try await faults(database).contains(Fault(.extraLine, 2, slipped)))
      try await database.tamper("delete from journal where id = 'slipped'")

      // Too old for any block.
      try await database.tamper(
        """
        insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at, xid)
          values ('slipped', 'credit', 'TRX', 'adjustments', 'customer:cus_b', 1, 'h', now(), '3')
        """)
      #expect(try await faults(database) == [Fault(.unsealableLines, nil, nil)])
      try await database.tamper("delete from journal where id = 'slipped'")

      try await database.tamper("update ledger_blocks set lines = 3 where number = 2")
      #expect(try await faults(database).contains(Fault(.alteredBlock, 2, nil)))
      try await database.tamper("update ledger_blocks set lines = 2 where number = 2")
      try await database.tamper("delete from ledger_blocks where number = 2")
      #expect(try await faults(database).contains(Fault(.missingBlock, 2, nil)))
    }
  }

  @Test("a block that was made anew with other lines no longer fits the next")
  func rewritten() async throws {
    try await LedgerDatabase.run { database in
      for id in ["a", "b"] {
        try await database.write(id)
        try await database.sealAll()
      }
      let first = try #require(try await database.verify().blocks.first)
      let forged = LedgerBlock(
        number: 1, epoch: 1, range: first.range, previousHash: first.previousHash,
        content: String(repeating: "0", count: 64), lines: 1, firstLine: first.firstLine, lastLine: first.lastLine,
        sealedAt: first.sealedAt)
      try await database.tamper(
        """
        update ledger_blocks set content = decode('\(forged.content)', 'hex'), hash = decode('\(forged.hash)', 'hex')
          where number = 1
        """)
      #expect(try await faults(database).contains(Fault(.brokenLink, 2, nil)))
    }
  }

  @Test("in another cluster nothing is sealed until an operator says so, and then everything is, once")
  func otherCluster() async throws {
    try await LedgerDatabase.run { database in
      try await database.write("sealed")
      try await database.sealAll()
      // Not sealed when the dump was made, and of a transaction that this cluster has not come to.
      try await database.script(LedgerDatabase.line("dumped"))
      try await database.tamper("update journal set xid = '4000000000' where id in ('dumped')")
      try await database.tamper(
        "update ledger_epochs set system = 'other'; update ledger_head set snapshot = '3999999000:3999999000:'")
      try await database.write("written-here")
      guard case .trouble(let reason) = try await database.seal() else {
        Issue.record("sealed in another cluster")
        return
      }
      #expect(reason.contains("new-epoch"))
      #expect(try await database.verify().trouble == reason)
      let action = OperatorAction(actor: "ann", reason: "restored", key: "k-1")
      let begin = { try await database.pool.withSession { try SealEpoch.begin(action, $0) } }
      #expect(try await begin() == .begun(epoch: 2))
      #expect(try await begin() == .begun(epoch: 2), "the same key is the same action")
      try await database.write("later")
      try await database.sealAll()
      let page = try await database.verify()
      #expect(page.faults == [] && page.unsealed == 0 && page.trouble.isEmpty)
      #expect(page.blocks.reduce(0) { $0 + $1.lines } == 4)
      #expect(page.blocks.map(\.epoch).last == 2)
      #expect(try await database.int("select total from account_totals where account = 'customer:cus_a'") == 20)
      let unneeded = OperatorAction(actor: "ann", reason: "again", key: "k-2")
      #expect(try await database.pool.withSession { try SealEpoch.begin(unneeded, $0) } == .notNeeded)
    }
  }

  @Test("where transaction ids went back nothing is sealed, also when they have come as far again")
  func idsWentBack() async throws {
    try await LedgerDatabase.run { database in
      try await database.write("sealed")
      try await database.sealAll()
      try await database.script(
        "create table kept as select snapshot from ledger_head; "
          + "update ledger_head set snapshot = '3999999000:3999999000:'")
      try await database.write("written-here")
      guard case .trouble(let reason) = try await database.seal() else {
        Issue.record("sealed with other transaction ids")
        return
      }
      try await database.script("update ledger_head set snapshot = (select snapshot from kept)")
      #expect(try await database.seal() == .trouble(reason))
      let action = OperatorAction(actor: "ann", reason: "restored", key: "k-1")
      #expect(try await database.pool.withSession { try SealEpoch.begin(action, $0) } == .begun(epoch: 2))
      try await database.sealAll()
      let page = try await database.verify()
      #expect(page.faults == [] && page.unsealed == 0 && page.trouble.isEmpty)
    }
  }

  @Test("where they came as far again before anybody looked, a line that no block can have stops the sealing")
  func idsWentBackUnseen() async throws {
    try await LedgerDatabase.run { database in
      try await database.write("sealed")
      try await database.sealAll()
      try await database.script(LedgerDatabase.line("lost"))
      try await database.tamper("update journal set xid = '5' where id = 'lost'")
      try await database.write("later")
      guard case .trouble(let reason) = try await database.seal() else {
        Issue.record("a line was passed over")
        return
      }
      #expect(reason.hasPrefix("line \(try await database.number("lost")) "))
      let action = OperatorAction(actor: "ann", reason: "restored", key: "k-1")
      #expect(try await database.pool.withSession { try SealEpoch.begin(action, $0) } == .begun(epoch: 2))
      try await database.sealAll()
      let page = try await database.verify()
      #expect(page.faults == [] && page.unsealed == 0 && page.blocks.reduce(0) { $0 + $1.lines } == 3)
      #expect(try await database.int("select total from account_totals where account = 'customer:cus_a'") == 15)
    }
  }

  @Test("a page of a chain that is longer ends at its limit, and a block that is not there is refused")
  func pages() async throws {
    try await LedgerDatabase.run { database in
      for number in 0..<5 {
        try await database.write("l-\(number)")
        try await database.sealAll()
      }
      let read = { (first: Int64, count: Int) in
        try await database.pool.withSession { try LedgerVerifier.page(from: first, count: count, $0) }
      }
      let (first, last) = (try await read(1, 2), try await read(4, 2))
      #expect(first.blocks.map(\.number) == [1, 2] && first.next == 3)
      #expect(last.blocks.map(\.number) == [4, 5] && last.next == nil && last.faults == [])
      #expect(try await read(3, 2).next == 5)
      await #expect(throws: QueryFailure.self) { try await read(6, 2) }
    }
  }

  @Test("a snapshot is cut to an earlier one that still has all that the block before had")
  func cut() throws {
    let bound = try #require(CommitSnapshot("10:20:10,12,15"))
    #expect(bound.text == "10:20:10,12,15")
    let base = try #require(CommitSnapshot("10:12:10,11"))
    #expect(bound.cut(before: 14, keeping: base).text == "10:14:10,12")
    #expect(bound.cut(before: 11, keeping: base).text == "10:12:10")
    #expect(bound.cut(before: 99, keeping: base) == bound)
    #expect(CommitSnapshot("20:10:") == nil && CommitSnapshot("1:2") == nil && CommitSnapshot("1:5:x") == nil)
  }

  private struct Fault: Equatable {
    let kind: LedgerFault.Kind
    let block: Int64?
    let line: Int64?
    init(_ kind: LedgerFault.Kind, _ block: Int64?, _ line: Int64?) {
      self.kind = kind
      self.block = block
      self.line = line
    }
  }

  private func faults(_ database: LedgerDatabase) async throws -> [Fault] {
    try await database.verify().faults.map { Fault($0.kind, $0.block, $0.line) }
  }
}
