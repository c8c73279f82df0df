import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// One thing at a time dies; nothing is lost and nothing happens twice.
@Suite(.withStack, .serialized) struct CrashTests {
  @Test("killed in the middle of an order and started again, a service loses nothing", arguments: ServiceKind.allCases)
  func serviceKilled(_ kind: ServiceKind) async throws {
    let stack = try Stack.current()
    let orders = try await TwoOrders.prepare(stack)
    try await orders.placeHalfway()
    try await stack.kill(kind)
    #expect(try await orders.areHalfway(), "the kill came in the middle")
    try await stack.chain.pause(false)
    try await stack.restart(kind)
    try await orders.expectFinished()
  }
}
