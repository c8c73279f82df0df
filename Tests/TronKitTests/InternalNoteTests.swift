import Foundation
import Testing

@testable import TronKit

@Suite("Internal transactions")
struct InternalNoteTests {
  private static func transfer(
    note: String? = nil, values: String = #"[{"callValue":5000000000}]"#
  ) throws -> InternalTransfer? {
    let words = note.map { #","note":"\#($0)""# } ?? ""
    let json =
      #"{"caller_address":"41\#(String(repeating: "05", count: 20))","#
      + #""transferTo_address":"41\#(String(repeating: "06", count: 20))","callValueInfo":\#(values)\#(words)}"#
    return try JSONDecoder().decode(InternalTransferAnswer.self, from: Data(json.utf8)).transfer
  }

  private static func hex(_ text: String) -> String { Hex.encode(Array(text.utf8)) }

  @Test(
    "that lend, stake or vote move no TRX, although they name a receiver and an amount",
    arguments: [
      "delegateResourceOfEnergy", "delegateResourceOfBandwidth", "unDelegateResourceOfEnergy",
      "unDelegateResourceOfBandwidth", "freezeForEnergy", "unfreezeForEnergy", "freezeBalanceV2ForEnergy",
      "unfreezeBalanceV2ForEnergy", "withdrawExpireUnfreeze", "withdrawExpireUnfreezeWhileUnfreezing",
      "withdrawExpireUnfreezeWhileCanceling", "cancelAllUnfreezeV2", "voteWitness", "withdrawReward", "of later days",
    ])
  func lend(note: String) throws {
    #expect(try Self.transfer(note: Self.hex(note)) == nil)
    #expect(try Self.transfer(note: note) == nil)
  }

  @Test("that pay move TRX, also those of blocks that noted nothing", arguments: [nil, "", "call", "create", "suicide"])
  func pay(note: String?) throws {
    #expect(try Self.transfer(note: note.map(Self.hex))?.amount == Sun(5_000_000_000))
    #expect(try Self.transfer(note: note)?.amount == Sun(5_000_000_000))
  }

  @Test("what a contract leaves behind at its end is counted once, though it is told twice")
  func end() throws {
    let notes = ["suicide", "withdrawExpireUnfreezeWhileSuiciding"]
    #expect(try notes.compactMap { try Self.transfer(note: Self.hex($0)) }.count == 1)
  }

  @Test("a token of the chain's own kind is no TRX", arguments: [
    (#"[{"callValue":0},{"tokenId":"1002000","callValue":7}]"#, Int64?.none), (#"[{}]"#, nil),
    (#"[{"tokenId":"1002000","callValue":7}]"#, nil), (#"[{"callValue":3},{"tokenId":"1002000","callValue":7}]"#, 3),
  ])
  func tokens(values: String, amount: Int64?) throws {
    #expect(try Self.transfer(note: Self.hex("call"), values: values)?.amount.value == amount)
  }
}
