import Foundation
import HTTPClient
import TestKit
import Testing

@testable import TronKit

/// Numbers that no chain has must not reach arithmetic that would stop the process.
@Suite(.timeLimit(.minutes(1))) struct NodeNumberTests {
  typealias Call = @Sendable (TronNodeClient) async throws -> Void

  private static let id = String(repeating: "0", count: 15) + "9" + String(repeating: "a", count: 48)
  private static let receipt = String(repeating: "b", count: 64)
  private static let address = "TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g"
  private static let beyond = [Int64.min, -1, 1_000_000_000_001, Int64.max]

  private func outcome(_ text: String, _ call: Call) async throws -> TronNodeError.Code? {
    let server = try StubHTTPServer { _ in .text(text) }
    defer { server.stop() }
    do {
      try await call(TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2)))
      return nil
    } catch let error as TronNodeError {
      return error.code
    }
  }

  private static func block(number: Int64 = 9, time: Int64) -> String {
    #"{"blockID":"\#(id)","block_header":{"raw_data":{"number":\#(number),"parentHash":"\#(id)","#
      + #""timestamp":\#(time)}}}"#
  }

  @Test func aBlockFromBeforeTheEpochOrBeyondAllTimeIsMalformed() async throws {
    for time in [Int64.min, -1, 1 << 53, Int64.max] {
      #expect(try await outcome(Self.block(time: time)) { _ = try await $0.head() } == .malformed)
    }
    for time in [0, (1 << 53) - 1] as [Int64] {
      #expect(try await outcome(Self.block(time: time)) { _ = try await $0.head() } == nil)
    }
  }

  @Test func aBlockNumberBeyondAllBlocksIsMalformed() async throws {
    let far = "7" + String(repeating: "f", count: 15) + String(repeating: "a", count: 48)
    let text = Self.block(number: .max, time: 1).replacingOccurrences(of: Self.id, with: far)
    #expect(try await outcome(text) { _ = try await $0.head() } == .malformed)
  }

  @Test func resourcesThatNoNetworkHasAreMalformed() async throws {
    let names = [
      "EnergyLimit", "EnergyUsed", "NetLimit", "NetUsed", "freeNetLimit", "freeNetUsed", "TotalEnergyLimit",
      "TotalEnergyWeight",
    ]
    let owner = try TronAddress(parsing: Self.address)
    for name in names {
      for value in Self.beyond {
        let code = try await outcome(#"{"\#(name)":\#(value)}"#) { _ = try await $0.resources(owner) }
        #expect(code == .malformed, "\(name) \(value)")
      }
      #expect(try await outcome(#"{"\#(name)":1000000000000}"#) { _ = try await $0.resources(owner) } == nil)
    }
  }

  @Test func feesThatNobodyCouldPayAreMalformedAndOtherParametersAreNotJudged() async throws {
    func parameter(_ name: String, _ value: Int64) -> String {
      #"{"chainParameter":[{"key":"\#(name)","value":\#(value)}]}"#
    }
    for value in Self.beyond {
      for name in ["getTransactionFee", "getEnergyFee", "getUpdateAccountPermissionFee"] {
        #expect(try await outcome(parameter(name, value)) { _ = try await $0.chainParameters() } == .malformed)
      }
      #expect(try await outcome(parameter("getTomorrow", value)) { _ = try await $0.chainParameters() } == nil)
    }
  }

  @Test func aReceiptWithSuchNumbersIsMalformed() async throws {
    let id = try TransactionID(hex: Self.receipt)
    let members = [
      #""blockNumber":-1"#, #""blockNumber":9223372036854775807"#, #""blockNumber":9,"blockTimeStamp":-1"#,
      #""blockNumber":9,"blockTimeStamp":9007199254740992"#, #""blockNumber":9,"fee":-1"#,
      #""blockNumber":9,"fee":1000000000001"#, #""blockNumber":9,"receipt":{"net_fee":-1}"#,
      #""blockNumber":9,"receipt":{"net_usage":9223372036854775807}"#,
    ]
    for member in members {
      let text = #"{"id":"\#(Self.receipt)",\#(member)}"#
      #expect(try await outcome(text) { _ = try await $0.transactionInfo(id) } == .malformed, "\(member)")
    }
    #expect(
      try await outcome(#"{"id":"\#(Self.receipt)","blockNumber":9,"fee":1000}"#) {
        _ = try await $0.transactionInfo(id)
      } == nil)
  }

  @Test func sunThatDoesNotExistIsMalformed() async throws {
    let owner = try TronAddress(parsing: Self.address)
    for value in [Int64.min, -1, 1_000_000_000_000_000_001, Int64.max] {
      let calls: [(String, Call)] = [
        (#"{"max_size":\#(value)}"#, { _ = try await $0.canDelegateMaxSize(owner: owner, resource: .energy) }),
        (#"{"address":"\#(Self.address)","balance":\#(value)}"#, { _ = try await $0.account(owner) }),
        (
          #"{"address":"\#(Self.address)","frozenV2":[{"type":"ENERGY","amount":\#(value)}]}"#,
          { _ = try await $0.account(owner) }
        ),
        (
          #"{"delegatedResource":[{"frozen_balance_for_energy":\#(value)}]}"#,
          { _ = try await $0.delegatedResource(from: owner, to: owner) }
        ),
      ]
      for (text, call) in calls { #expect(try await outcome(text, call) == .malformed, "\(text)") }
    }
  }
}
