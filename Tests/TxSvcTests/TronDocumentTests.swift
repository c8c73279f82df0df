import Foundation
import Testing
import TronKit

@testable import TxSvc

/// The tables of docs/tron.md are what the code does.
struct TronDocumentTests {
  /// The cells of all table rows under a heading.
  private static func rows(under heading: String) throws -> [[String]] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let document = try String(contentsOf: root.appending(path: "docs/tron.md"), encoding: .utf8)
    let start = try #require(document.range(of: "\n## \(heading)\n"))
    let section = document[start.upperBound...].split(separator: "\n## ").first ?? ""
    return section.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  private static func words(_ meaning: RejectionMeaning) -> String {
    switch meaning {
    case .buildAnew: "anew"
    case .otherWallet: "other wallet"
    case .fails(let failure): "fails: `\(failure.rawValue)`"
    }
  }

  /// The row's outcome, what follows for a delegation, and for a reclaim.
  private static func expected(_ code: String, _ message: String) throws -> [String] {
    let outcome: BroadcastOutcome =
      switch code {
      case "SUCCESS": .accepted
      case "no answer": .unknown(reason: "timeout")
      default: .rejected(code: BroadcastCode(rawValue: code), message: message)
      }
    let (kind, _, _) = SendTransaction.reading(outcome)
    guard kind == .rejected else { return ["`\(kind.rawValue)`", "again", "again"] }
    let depends = ["CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR"].contains(code)
    let meaning = RejectionMeaning.of(Rejection(code: code, message: message), owner: try Samples.address(1))
    let follows = depends ? "[by its message](#what-the-chain-refuses)" : words(meaning)
    return ["`rejected`", follows, "look, later"]
  }

  @Test("each code's row says what follows from it", arguments: BroadcastCellTests.codes.map { [$0.code, $0.message] })
  func codes(entry: [String]) throws {
    let (code, message) = (entry[0], entry[1])
    let name =
      switch code {
      case "A_CODE_OF_TOMORROW": "any other code"
      case "no answer": "no answer, or one that cannot be read"
      default: "`\(code)`"
      }
    let found = try Self.rows(under: "State table").filter { $0[0] == name && $0.count == 6 }
    let row = try #require(found.first, "\(name) has no row")
    #expect(found.count == 1)
    let outcome = row[1].split(separator: ";").first.map(String.init) ?? ""
    #expect([outcome, row[2], row[5]] == (try Self.expected(code, message)))
    #expect(row[3] == "again" && row[4] == "–")
  }

  @Test("no row is about a code that is not tried")
  func noOther() throws {
    let codes = try Self.rows(under: "State table").filter { $0.count == 6 && $0[0] != "answer" && $0[0] != "---" }
    #expect(codes.count == BroadcastCellTests.codes.count)
  }

  @Test("each message of the chain means what its row says")
  func messages() throws {
    let owner = try Samples.address(1)
    let rows = try Self.rows(under: "What the chain refuses").filter { $0[0] != "message" && $0[0] != "---" }
    #expect(rows.count == 15)
    for row in rows {
      let text = row[0].split(separator: "`").first.map(String.init) ?? ""
      let who = row[0].hasSuffix("of the wallet") ? owner.hex : "41ff"
      let message = "Contract validate error : " + text.replacing("Account[…]", with: "Account[\(who)]")
        .replacing("…", with: "864000")
      for code in ["CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR"] {
        let meaning = RejectionMeaning.of(Rejection(code: code, message: message), owner: owner)
        #expect(row[1].hasPrefix(Self.words(meaning)), "\(row[0])")
      }
    }
  }
}
