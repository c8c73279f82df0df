import BusKit
import Contracts
import Foundation
import HTTPClient
import Synchronization
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Broadcasts to a node that is slow", .timeLimit(.minutes(2)))
struct HedgedBroadcastTests {
  private static let path = "/wallet/broadcasthex"
  private static let accepted = StubHTTPServer.Reply.text(#"{"result":true}"#)

  private func signed() throws -> SignedTransaction {
    let key = try PrivateKey.generate()
    let raw = RawTransaction(
      refBlockBytes: [0, 0], refBlockHash: [UInt8](repeating: 0, count: 8), expiration: 60_000, timestamp: 1,
      contract: .undelegateResource(
        owner: key.address, receiver: try Samples.address(0xaa), resource: .energy, balance: Sun(7_000_000)))
    let bytes = raw.encoded()
    let id = SignedTransaction(rawBytes: bytes, signatures: []).id
    return SignedTransaction(rawBytes: bytes, signatures: [try key.sign(id.bytes)])
  }

  private func sent(_ server: StubHTTPServer) -> [[UInt8]] {
    server.seen.requests.filter { $0.target == Self.path }.map(\.body)
  }

  /// Sends to both, in this order; each row's id is the node's name.
  private func send(_ signed: SignedTransaction, _ servers: [StubHTTPServer]) async throws -> [HedgedBroadcast.Answer] {
    let http = HTTPClient()
    let nodes = servers.map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(60)) }
    let broadcast = HedgedBroadcast { node in
      let server = servers.first { $0.url.hasSuffix(node.name) }
      #expect(server.map(sent) == [], "a row comes before the bytes")
      return node.name
    }
    let answers = try await broadcast.send(signed, to: nodes)
    await http.close()
    return answers
  }

  @Test("the next node gets the same bytes, and the first that accepts them ends it")
  func slow() async throws {
    let servers = [try StubHTTPServer { _ in .silence }, try StubHTTPServer { _ in Self.accepted }]
    defer { for server in servers { server.stop() } }
    let answers = try await send(try signed(), servers)
    #expect(servers.map { sent($0).count } == [1, 1])
    #expect(sent(servers[0]) == sent(servers[1]))
    #expect(answers.count == 2)
    #expect(answers.first?.outcome == .accepted)
    guard case .unknown = answers.last?.outcome else {
      Issue.record("the slow node may have it: \(answers)")
      return
    }
  }

  @Test("a node that answers in time is not joined by another")
  func quick() async throws {
    let servers = [try StubHTTPServer { _ in Self.accepted }, try StubHTTPServer { _ in Self.accepted }]
    defer { for server in servers { server.stop() } }
    #expect(try await send(try signed(), servers).map(\.outcome) == [.accepted])
    #expect(sent(servers[1]).isEmpty)
  }

  @Test("a slow node's late refusal does not outweigh that another took it")
  func lateRefusal() async throws {
    let refusing = Gate()
    let servers = [
      try StubHTTPServer { _ in
        refusing.wait()
        return .text(#"{"result":false,"code":"TAPOS_ERROR","message":"Tapos check error."}"#)
      },
      try StubHTTPServer { _ in
        refusing.open()
        return Self.accepted
      },
    ]
    defer { for server in servers { server.stop() } }
    let transaction = try signed()
    let answers = try await send(transaction, servers)
    #expect(answers.contains { $0.outcome == .accepted })
    #expect(answers.count == 2)
    let rows = answers.map { answer in
      let (kind, code, message) = SendTransaction.reading(answer.outcome)
      return Sending(
        id: answer.sendingID, txID: transaction.id, orderID: Samples.order, node: answer.sendingID,
        sentAt: Samples.now, outcome: kind, code: code, message: message)
    }
    #expect(SendingVerdict.of(.signed, rows, judges: []) == .mayHaveIt)
  }

  @Test("a refusal of one does not keep the next from being asked while another is silent")
  func refusalAndSilence() async throws {
    let refused = StubHTTPServer.Reply.text(#"{"result":false,"code":"TAPOS_ERROR","message":"Tapos check error."}"#)
    let servers = [
      try StubHTTPServer { _ in .silence }, try StubHTTPServer { _ in refused },
      try StubHTTPServer { _ in Self.accepted },
    ]
    defer { for server in servers { server.stop() } }
    let answers = try await send(try signed(), servers)
    #expect(servers.map { sent($0).count } == [1, 1, 1])
    #expect(answers.contains { $0.outcome == .accepted })
  }

  @Test("in the service each sending's row stands before its node answers, and a late answer changes nothing")
  func rows() async throws {
    let (slowGate, fastGate) = (Gate(), Gate())
    let (chain, http) = (StubChain(), HTTPClient())
    let slow = try chain.serve { _ in
      slowGate.wait()
      return Self.accepted
    }
    let fast = try chain.serve { _ in
      fastGate.wait()
      return Self.accepted
    }
    let nodes = [slow, fast].map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(60)) }
    try await PoolWorld.run(nodes: TronNodePool(nodes: nodes)) { world in
      try await world.stock([try world.wallet(trx: 27_000)])
      let receiver = try Samples.address(0xaa)
      try await world.bus.transaction { try $0.publish(PoolWorld.message(1, to: receiver, at: $0.now)) }
      try await eventually(within: .seconds(20), "both have the bytes") {
        [slow, fast].map { sent($0).count } == [1, 1]
      }
      let announced = try await world.rows(Sending.self)
      #expect(Set(announced.map(\.node)) == Set(nodes.map(\.name)))
      #expect(announced.allSatisfy { $0.outcome == nil })
      #expect(sent(slow) == sent(fast))

      fastGate.open()
      try await eventually(within: .seconds(20), "the outcomes are written") {
        try await world.rows(Sending.self).allSatisfy { $0.outcome != nil }
      }
      slowGate.open()
      let outcomes = Dictionary(
        uniqueKeysWithValues: try await world.rows(Sending.self).map { ($0.node, $0.outcome) })
      #expect(outcomes == [nodes[0].name: .unknown, nodes[1].name: .accepted])
      #expect(try await world.rows(StoredTransaction.self).map(\.state) == [.signed])
    }
    slow.stop()
    fast.stop()
    await http.close()
  }

  /// Closed until somebody opens it, for the threads of a server.
  private final class Gate: Sendable {
    // Safe because NSCondition is made for several threads.
    private let condition = NSCondition()
    private let isOpen = Mutex(false)

    func open() {
      condition.lock()
      isOpen.withLock { $0 = true }
      condition.broadcast()
      condition.unlock()
    }

    func wait() {
      condition.lock()
      while !isOpen.withLock({ $0 }) { condition.wait() }
      condition.unlock()
    }
  }
}
