import BusKit
import BusKitTesting
import Testing

@testable import BusKitExamples

/// How a broker of one's own is tested: every promise that it can be asked for.
struct SlowBrokerTests {
  private static func makeSubject() -> BrokerUnderTest {
    let server = MemoryBroker()
    return BrokerUnderTest(
      name: "slow", features: server.features,
      connect: { SlowBroker(base: server, delay: .milliseconds(1)) },
      wipe: { server.forgetEverything() },
      cut: {
        server.setDown(true)
        server.setDown(false)
      },
      outage: .init(begin: { server.setDown(true) }, end: { server.setDown(false) }))
  }

  @Test(arguments: BrokerConformance.all.filter { makeSubject().offers($0.requirement) })
  func keeps(promise: BrokerPromise) async throws { try await promise.check(Self.makeSubject()) }
}
