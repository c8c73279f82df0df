import BusKit
import Contracts
import Crypto
import Foundation
import HTTPClient
import Synchronization
import TestKit
import Testing
import TronKit

@testable import TxSvc

/// I10: a transaction that expired is built anew only when it is certainly not on chain.
@Suite("The search for an expired transaction", .timeLimit(.minutes(1)))
struct ChainSearchTests {
  private static let expiration: Int64 = 1_800_000_000_000
  private static let blockID = String(repeating: "0", count: 15) + "9" + String(repeating: "a", count: 48)

  private static func block(_ timestamp: Int64, _ transactions: String = "") -> String {
    """
    {"blockID":"\(blockID)","block_header":{"raw_data":{"number":9,"parentHash":"\(blockID)","timestamp":\(timestamp)}}\
    \(transactions)}
    """
  }

  private let raw: [UInt8] = [1, 2, 3]
  private var id: String { Hex.encode(SHA256.hash(data: raw)) }

  /// What a node knows of the transaction.
  enum Knowledge: Sendable {
    case nothing, receiptAndBlock, receiptOfAnotherBlock, transactionOnly
    /// Where it is final.
    case solid
  }

  private func node(solid: Int64, _ knowledge: Knowledge) throws -> StubHTTPServer {
    let (id, hex) = (id, Hex.encode(raw))
    return try StubHTTPServer { request in
      let has = knowledge == .receiptAndBlock || knowledge == .receiptOfAnotherBlock || knowledge == .solid
      switch request.target {
      case "/walletsolidity/getblock": return .text(Self.block(solid))
      case "/wallet/getblock": return .text(Self.block(solid + 57_000))
      case "/wallet/gettransactioninfobyid": return .text(has ? #"{"id":"\#(id)","blockNumber":9}"# : "{}")
      case "/walletsolidity/gettransactioninfobyid":
        return .text(knowledge == .solid ? #"{"id":"\#(id)","blockNumber":9}"# : "{}")
      case "/wallet/gettransactionbyid":
        return .text(knowledge == .nothing ? "{}" : #"{"txID":"\#(id)","raw_data_hex":"\#(hex)"}"#)
      case "/wallet/getblockbynum", "/walletsolidity/getblockbynum":
        let transaction = #"{"ret":[{"contractRet":"SUCCESS"}],"txID":"\#(id)","raw_data_hex":"\#(hex)"}"#
        let isInBlock = knowledge == .receiptAndBlock || knowledge == .solid
        return .text(Self.block(5, isInBlock ? #","transactions":[\#(transaction)]"# : ""))
      default: return .text("{}", status: 404)
      }
    }
  }

  private func find(
    _ nodes: [(solid: Int64, knowledge: Knowledge)], isFollowed: Bool = true
  ) async throws -> ChainSearch.Finding {
    let servers = try nodes.map { try node(solid: Self.expiration + $0.solid, $0.knowledge) }
    defer { for server in servers { server.stop() } }
    let http = HTTPClient()
    let transaction = StoredTransaction(
      id: try TransactionID(hex: id), orderID: OrderID(text: "ord_1"), legID: "leg", purpose: .delegate, bytes: raw,
      expirationMs: Self.expiration, signedAt: Samples.now, state: .signed)
    return try await ChainSearch.find(
      transaction,
      TronNodePool(nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(2)) })
    ) { block in
      isFollowed && block.hex == Self.blockID
    }
  }

  @Test("believes no node whose solid head is not past the expiration")
  func lagging() async throws {
    #expect(try await find([(0, .nothing)]) == .nodeLags)
    #expect(try await find([(-1, .nothing), (0, .nothing)]) == .nodeLags)
    #expect(try await find([(0, .nothing), (1, .nothing)]) == .nodeLags)
    #expect(try await find([(0, .nothing), (1, .nothing), (1, .nothing)]) == .absent)
    #expect(try await find([(1, .nothing)]) == .absent)
  }

  @Test("finds it wherever it is, also on a node that another one contradicts")
  func present() async throws {
    let found = ChainSearch.Finding.present(block: try BlockID(hex: Self.blockID), timeMs: 5, result: "SUCCESS")
    #expect(try await find([(1, .receiptAndBlock)]) == found)
    #expect(try await find([(0, .receiptAndBlock)]) == found)
    #expect(try await find([(1, .nothing), (1, .receiptAndBlock)]) == found)
  }

  @Test("a block that was not followed and is not solid shows nothing, and hides nothing that another node shows")
  func orphan() async throws {
    let found = ChainSearch.Finding.present(block: try BlockID(hex: Self.blockID), timeMs: 5, result: "SUCCESS")
    #expect(try await find([(1, .receiptAndBlock)], isFollowed: false) == .nodeLags)
    #expect(try await find([(0, .receiptAndBlock), (1, .nothing)], isFollowed: false) == .nodeLags)
    #expect(try await find([(1, .receiptAndBlock), (1, .nothing)], isFollowed: false) == .nodeLags)
    #expect(try await find([(1, .receiptAndBlock), (1, .solid)], isFollowed: false) == found)
    #expect(try await find([(1, .solid)], isFollowed: false) == found)
  }

  @Test("concludes nothing from a node that contradicts itself")
  func contradiction() async throws {
    #expect(try await find([(1, .transactionOnly)]) == .nodeLags)
    #expect(try await find([(1, .receiptOfAnotherBlock)]) == .nodeLags)
    #expect(try await find([(1, .nothing), (1, .transactionOnly)]) == .nodeLags)
  }

  @Test("leaves the nodes' figures where an operator looks")
  func figures() async throws {
    let server = try node(solid: Self.expiration, .nothing)
    defer { server.stop() }
    let budget = LocalRequestBudget(RequestLimits(perSecond: 15, perDay: 100))
    let pool = TronNodePool(nodes: [
      TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2), budget: budget)
    ])
    _ = try await pool.read { try await $0.head() }
    let metrics = MetricsRegistry()
    let head = Date(timeIntervalSince1970: Double(Self.expiration + 57_000) / 1000)
    NodeWatch.refresh(pool, metrics, now: head.addingTimeInterval(40))
    let text = metrics.render()
    let name = "node=\"127.0.0.1:\(server.port)\""
    for line in [
      "energy_tx_node_state{\(name),state=\"closed\"} 1", "energy_tx_node_state{\(name),state=\"open\"} 0",
      "energy_tx_node_usable{\(name)} 1", "energy_tx_node_head_age_seconds{\(name)} 40",
      "energy_tx_node_requests_left_today{\(name)} 99",
      "energy_tx_node_calls{\(name),call=\"getblock\",outcome=\"ok\"} 1",
    ] {
      #expect(text.contains(line), "\(line) is not in \(text)")
    }
  }
}
