import BusKit
import Contracts
import Foundation

/// Messages about the ledger itself on the wire.
enum LedgerGoldens {
  private static let finding = LedgerFinding(
    .balance, account: "customer:cus_1", currency: .trx, expected: "5", found: "6")
  private static let block = LedgerBlock(
    number: 2, epoch: 1, range: "commits 5:5: 9:9: above 3", previousHash: LedgerBlock.zeroHash,
    content: String(repeating: "ab", count: 32), lines: 4, firstLine: 4, lastLine: 7, sealedAt: Samples.time)

  static func all() throws -> [Golden] { try commands() + questions() + answers() }

  private static func commands() throws -> [Golden] {
    let action = #""action":{"actor":"ann","key":"k-1","reason":"top-up"}"#
    return [
      try Golden(
        "wallet.ClearLedgerDifference v1 in wallet.commands by *",
        ClearLedgerDifference(subject: LedgerDifferenceFound.all, action: Samples.action),
        #"{\#(action),"subject":"*"}"#),
      try Golden(
        "wallet.RebuildLedgerBalance v1 in wallet.commands by revenue",
        RebuildLedgerBalance(account: "revenue", action: Samples.action), #"{"account":"revenue",\#(action)}"#),
      try Golden(
        "wallet.BeginLedgerEpoch v1 in wallet.commands by epoch", BeginLedgerEpoch(action: Samples.action),
        #"{\#(action)}"#),
      try Golden(
        "wallet.HoldContradicted v1 in wallet.events by cus_0123456789abcdef0123456789abcdef",
        HoldContradicted(
          order: Samples.order, customer: Samples.customer, command: CaptureHold.messageType, reason: .alreadyReleased,
          detail: "5 was released", seq: 4),
        #"""
        {"command":"wallet.CaptureHold","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"detail":"5 was released","order":"ord_0123456789abcdef0123456789abcdef","reason":"already_released","seq":4}
        """#),
      try Golden(
        "wallet.LedgerDifferenceFound v1 in wallet.events by *",
        LedgerDifferenceFound(
          subject: LedgerDifferenceFound.all, check: "recent", findings: [finding], foundAt: Samples.time,
          clearedAt: nil, seq: 5),
        #"""
        {"check":"recent","findings":[{"account":"customer:cus_1","currency":"TRX","detail":"","expected":"5"\#
        ,"found":"6","kind":"balance"}],"foundAt":"2026-09-21T14:13:20.123Z","seq":5,"subject":"*"}
        """#),
    ]
  }

  private static func questions() throws -> [Golden] {
    [
      try Golden(
        "wallet.VerifyLedger v1 in wallet.queries by 7", VerifyLedger(from: 7, count: 20), #"{"count":20,"from":7}"#),
      try Golden(
        "wallet.GetLedgerStatement v1 in wallet.queries by revenue",
        GetLedgerStatement(
          account: "revenue", currency: .usdt, from: Samples.time, to: nil, after: 4, limit: 10),
        #"""
        {"account":"revenue","after":4,"currency":"USDT","from":"2026-09-21T14:13:20.123Z","limit":10}
        """#),
      try Golden("wallet.GetLedgerChecks v1 in wallet.queries by checks", GetLedgerChecks(), "{}"),
    ]
  }

  private static func answers() throws -> [Golden] {
    [
      try Golden(
        answer: "LedgerVerification",
        LedgerVerification(
          blocks: [block], faults: [LedgerFault(.alteredLine, block: 2, line: 5, detail: "line 5")], next: 3, head: 9,
          headHash: block.hash, unsealed: 1, unsealedSince: Samples.time, trouble: ""),
        #"""
        {"blocks":[{"content":"abababababababababababababababababababababababababababababababab","epoch":1\#
        ,"firstLine":4,"hash":"HASH","lastLine":7,"lines":4,"number":2\#
        ,"previousHash":"0000000000000000000000000000000000000000000000000000000000000000"\#
        ,"range":"commits 5:5: 9:9: above 3","sealedAt":"2026-09-21T14:13:20.123Z"}]\#
        ,"faults":[{"block":2,"detail":"line 5","kind":"altered_line","line":5}],"head":9,"headHash":"HASH"\#
        ,"next":3,"trouble":"","unsealed":1,"unsealedSince":"2026-09-21T14:13:20.123Z"}
        """#.replacing("HASH", with: blockHash)),
      try Golden(
        answer: "LedgerStatementPage",
        LedgerStatementPage(
          opening: 3,
          lines: [
            LedgerStatementLine(
              number: 4, at: Samples.time, kind: "credit", id: "credit:k-1", counterAccount: "adjustments", amount: 5,
              order: nil, actor: "ann", reason: "top-up")
          ], hasMore: false),
        #"""
        {"hasMore":false,"lines":[{"actor":"ann","amount":5,"at":"2026-09-21T14:13:20.123Z"\#
        ,"counterAccount":"adjustments","id":"credit:k-1","kind":"credit","number":4,"reason":"top-up"}],"opening":3}
        """#),
      try Golden(
        answer: "LedgerChecks",
        LedgerChecks(
          checks: [.init(name: "recent", differences: 1, checkedAt: Samples.time)],
          open: [.init(subject: "cus_1", foundAt: Samples.time, findings: [finding])], waitingCaptures: 2,
          waitingSince: Samples.time),
        #"""
        {"checks":[{"checkedAt":"2026-09-21T14:13:20.123Z","differences":1,"name":"recent"}]\#
        ,"open":[{"findings":[{"account":"customer:cus_1","currency":"TRX","detail":"","expected":"5","found":"6"\#
        ,"kind":"balance"}],"foundAt":"2026-09-21T14:13:20.123Z","subject":"cus_1"}],"waitingCaptures":2\#
        ,"waitingSince":"2026-09-21T14:13:20.123Z"}
        """#),
    ]
  }

  /// SHA-256 of the block's fields, a line each: whoever noted a hash must find the same one in ten years.
  private static let blockHash = "d56ac880d02d0ff812051aa43c843eab5fc516da018809f2f6d62f805ad288b9"
}
