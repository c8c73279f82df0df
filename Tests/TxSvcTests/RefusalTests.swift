import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Refusals of the nodes")
struct RefusalTests {
  @Test("an order is delivered although the preferred node refuses every transaction")
  func oneNode() async throws {
    let chain = try FakeChain()
    let refusing = try StubHTTPServer { request in
      request.target == "/wallet/broadcasthex"
        ? .text(#"{"code":"TAPOS_ERROR","message":"Tapos check error."}"#) : .text(chain.answer(request))
    }
    defer { refusing.stop() }
    try await ChainWorld.run(chain, preferred: [refusing.url]) { world in
      try await world.settle()
      let signed = try await world.order()
      try chain.produce([FakeChain.Transaction(signed)])
      try await eventually(within: .seconds(20)) { try await world.told(DelegationConfirmed.self).count == 1 }
      try await eventually { try await world.rows(Sending.self).map(\.outcome) == [.rejected, .accepted] }
      #expect(try await world.rows(Leg.self).count == 1)
    }
  }

  @Test("a transaction that a sending announced meanwhile keeps from its burial is still looked after")
  func announcedMeanwhile() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      let receiver = try Samples.address(0xaa)
      // The node has taken it; the effect has seen refusals only.
      let outcome = SendTransaction(txID: signed.id.hex, order: Samples.order).bury(receiver, world.world)
      guard case .again(_, let needs, let apply) = outcome else {
        Issue.record("\(outcome) ends the effect")
        return
      }
      try await world.bus.transaction(needs: needs) { try apply($0) }
      #expect(try await world.rows(StoredTransaction.self).map(\.state) == [.signed])
    }
  }
}
