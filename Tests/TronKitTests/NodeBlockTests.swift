import Foundation
import Testing

@testable import TronKit

/// Blocks as nodes answer them. What a block says must be what is signed, or an error.
struct NodeBlockTests {
  private static let id = "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25"
  private static let parent = "0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"
  private static let root = "f8156964cc3e5793a368f938a18ea45c02bd48fe3a412f7091ce8d9ef56df174"

  private func text(_ transactions: String, root: String = root, extra: String = "") -> [UInt8] {
    Array(
      """
      {"blockID":"\(Self.id)","block_header":{"raw_data":{"number":66987627,"txTrieRoot":"\(root)",
      "witness_address":"41e7860196ad5b5718c1d6326babab039b70b8c1cd","parentHash":"\(Self.parent)","version":34,
      "timestamp":1777445307000},"witness_signature":"55a29981"}\(transactions)\(extra)}
      """.utf8)
  }

  private func transactions(_ count: Int) throws -> String {
    let all = try Vectors.load().signed_transactions.prefix(count).map { vector in
      """
      {"ret":[{"contractRet":"SUCCESS"}],"signature":["\(vector.signature)"],"txID":"\(vector.txID)",
      "raw_data":{"contract":[{"parameter":{"value":{"amount":8000000},"type_url":"type.googleapis.com/protocol.X"},
      "type":"X"}],"timestamp":\(vector.decoded.timestamp)},"raw_data_hex":"\(vector.raw_data_hex)"}
      """
    }
    return #","transactions":["# + all.joined(separator: ",") + "]"
  }

  private func block(_ text: [UInt8], isFull: Bool = true) throws -> ChainBlock? {
    guard case .block(let block) = try BlockReader.read(text, isFull: isFull) else { return nil }
    return block
  }

  @Test func everyTransactionIsReadWithItsBytes() throws {
    let vectors = try Vectors.load().signed_transactions
    let block = try #require(try block(text(transactions(vectors.count))))
    #expect(block.number == 66_987_627 && block.timestamp == 1_777_445_307_000)
    #expect(block.id.hex == Self.id && block.parent.hex == Self.parent)
    #expect(block.transactions.map(\.id.hex) == vectors.map(\.txID))
    #expect(block.transactions.map { Hex.encode($0.rawBytes) } == vectors.map(\.raw_data_hex))
    #expect(block.transactions.map(\.contractRet) == vectors.map { _ in "SUCCESS" })
  }

  @Test func aResultThatIsLeftOutIsTheDefault() throws {
    let whole = try transactions(1)
    for ret in [#""ret":[{}],"#, #""ret":[],"#, ""] {
      let changed = whole.replacingOccurrences(of: #""ret":[{"contractRet":"SUCCESS"}],"#, with: ret)
      #expect(try block(text(changed))?.transactions.first?.contractRet == "DEFAULT")
    }
  }

  @Test func anEmptyBlockHasNoTransactionsMember() throws {
    let zeros = String(repeating: "0", count: 64)
    #expect(try block(text("", root: zeros))?.transactions.isEmpty == true)
    #expect(try block(text(#","transactions":[]"#, root: zeros))?.transactions.isEmpty == true)
  }

  /// A member that got lost on the way must not look like a block without anything of ours.
  @Test func aBlockWhoseHeaderNamesTransactionsMustHaveThem() throws {
    #expect(throws: TronNodeError.self) { try block(text("")) }
    #expect(throws: TronNodeError.self) { try block(text(#","transactions":[]"#)) }
    // Asked for without them, the header names them all the same.
    #expect(try block(text(""), isFull: false)?.transactions.isEmpty == true)
  }

  @Test(arguments: [
    #","transactions":[{"txID":"00"}]"#, #","transactions":[{}]"#, #","transactions":{}"#, #","transactions":[1]"#,
    #","blockID":"0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25""#,
    #","block_header":{"raw_data":{"number":66987627,"parentHash":""}}"#, #","bl\u006fckID":1"#,
  ])
  func whatContradictsItselfOrStandsTwiceIsRefused(extra: String) {
    #expect(throws: (any Error).self) { try block(text("", root: "00", extra: extra)) }
  }

  @Test func nothingAndErrorsAreTold() throws {
    guard case .nothing = try BlockReader.read(Array("{}".utf8), isFull: true) else {
      Issue.record("an empty object is no block")
      return
    }
    guard case .error = try BlockReader.read(Array(#"{"Error":"x \"y\""}"#.utf8), isFull: true) else {
      Issue.record("an error is no block")
      return
    }
    #expect(try BlockReader.list(Array("{}".utf8)) == [])
    #expect(try BlockReader.list(Array(#"{"Error":"x"}"#.utf8)) == nil)
    let two = [UInt8](#"{"block":["#.utf8) + text(try transactions(2)) + [UInt8](",".utf8) + text("", root: "00")
    #expect(try BlockReader.list(two + [UInt8]("]}".utf8))?.map(\.transactions.count) == [2, 0])
  }

  // MARK: Damage

  @Test func aBlockThatIsCutShortIsNeverABlock() throws {
    let whole = text(try transactions(2))
    for length in 0..<whole.count {
      #expect(throws: (any Error).self) { try block(Array(whole.prefix(length))) }
    }
  }

  /// Every byte is changed in several ways: the block is refused, or has exactly the transactions that were signed.
  @Test func aChangedByteNeverChangesATransactionSilently() throws {
    let whole = text(try transactions(2))
    let original = try #require(try block(whole))
    var refused = 0
    for index in whole.indices {
      for change in [whole[index] ^ 1, whole[index] ^ 0x20, UInt8(ascii: "\""), UInt8(ascii: "}"), 0, 0xff] {
        guard change != whole[index] else { continue }
        var changed = whole
        changed[index] = change
        do {
          let found = try block(changed)
          #expect(found?.transactions.map(\.id) == original.transactions.map(\.id))
          #expect(found?.transactions.map(\.rawBytes) == original.transactions.map(\.rawBytes))
        } catch { refused += 1 }
      }
    }
    #expect(refused > whole.count)
  }
}
