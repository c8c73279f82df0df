import Testing
import TronKit

@Suite struct TokenTests {
  @Test func callsAreThoseOfAnotherProgramByteForByte() throws {
    let vectors = try KeyVectors.load().tokens
    #expect(vectors.count == 9)
    for vector in vectors {
      let to = try TronAddress(parsing: vector.to)
      #expect(Hex.encode(try TokenCall.balance(of: to).data()) == vector.balance)
      #expect(try TokenCall(decoding: Hex.decode(vector.balance)) == .balance(of: to))
      #expect(ABIWord(to).description == vector.topic)
      #expect(try ABIWord(bytes: Hex.decode(vector.data)).decimal == vector.amount)
      guard let amount = Int64(vector.amount) else {
        let error = #expect(throws: ABIError.self) { try TokenCall(decoding: Hex.decode(vector.transfer)) }
        #expect(error == .doesNotFit(vector.amount))
        #expect(error?.description.contains(vector.amount) == true)
        continue
      }
      let call = TokenCall.transfer(to: to, amount: amount)
      #expect(Hex.encode(try call.data()) == vector.transfer)
      #expect(Hex.encode(try call.parameter()) == vector.transfer.dropFirst(8))
      #expect(try TokenCall(decoding: Hex.decode(vector.transfer)) == call)
    }
  }

  private func log(_ vector: KeyVectors.Token, topics: [[UInt8]]? = nil) throws -> EventLog {
    let word = try Hex.decode(vector.topic)
    return EventLog(
      address: USDT.mainnet, topics: topics ?? [TokenTransfer.topic, word, word], data: try Hex.decode(vector.data))
  }

  @Test func logsSayWhatMoved() throws {
    for vector in try KeyVectors.load().tokens {
      guard let amount = Int64(vector.amount) else {
        let error = #expect(throws: ABIError.self) { try TokenTransfer(log(vector)) }
        #expect(error?.code == "token_amount_too_large")
        continue
      }
      let transfer = try #require(try TokenTransfer(log(vector)))
      #expect(transfer.token == USDT.mainnet && transfer.amount == amount)
      #expect(transfer.from.base58 == vector.to && transfer.to.base58 == vector.to)
    }
  }

  @Test func otherEventsAreNoTransfers() throws {
    let vector = try #require(try KeyVectors.load().tokens.first)
    let word = try Hex.decode(vector.topic)
    let approval = Keccak256.hash("Approval(address,address,uint256)".utf8)
    #expect(TokenTransfer.topic == Keccak256.hash("Transfer(address,address,uint256)".utf8))
    #expect(try TokenTransfer(log(vector, topics: [approval, word, word])) == nil)
    // A TRC-721 token has its id as a fourth topic.
    #expect(try TokenTransfer(log(vector, topics: [TokenTransfer.topic, word, word, word])) == nil)
    #expect(try TokenTransfer(log(vector, topics: [])) == nil)
  }

  @Test func aLogThatNoTokenWritesIsAnError() throws {
    let vector = try #require(try KeyVectors.load().tokens.first)
    let word = try Hex.decode(vector.topic)
    var dirty = word
    dirty[0] = 1
    for topics in [[TokenTransfer.topic, dirty, word], [TokenTransfer.topic, word, Array(word.dropLast())]] {
      #expect(throws: ABIError.self) { try TokenTransfer(log(vector, topics: topics)) }
    }
    for data in [[], [UInt8](repeating: 0, count: 31), [UInt8](repeating: 0, count: 64)] {
      let log = EventLog(address: USDT.mainnet, topics: [TokenTransfer.topic, word, word], data: data)
      #expect(throws: ABIError.self) { try TokenTransfer(log) }
    }
  }

  @Test(arguments: ["", "a9", "a9059cbb", "70a08231", "a9059cbb00"])
  func aCutCallIsAnErrorOrAnotherCall(hex: String) throws {
    let data = try Hex.decode(hex)
    do throws(ABIError) {
      #expect(try TokenCall(decoding: data) == nil && data.count < 4)
    } catch {
      #expect(error.code == "abi_malformed")
    }
    #expect(try TokenCall(decoding: [1, 2, 3, 4]) == nil)
  }

  @Test func the41ThatSomeWalletsLeaveInFrontIsPassedOverAndNothingElse() throws {
    var data = try TokenCall.transfer(to: USDT.nile, amount: 5).data()
    data[4 + 11] = 0x41
    #expect(try TokenCall(decoding: data) == .transfer(to: USDT.nile, amount: 5))
    data[4 + 11] = 0x42
    let error = #expect(throws: ABIError.self) { try TokenCall(decoding: data) }
    #expect(error?.code == "abi_not_an_address")
  }

  @Test func noNegativeAmountIsWritten() {
    #expect(throws: ABIError.self) { try TokenCall.transfer(to: .zero, amount: -1).data() }
    #expect(throws: ABIError.self) { try ABIWord(-1) }
  }
}
