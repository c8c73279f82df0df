import Testing
import TronKit

@testable import WalletSvc

@Suite("Whether an API of the chain is asked")
struct SourceHealthTests {
  @Test("one that fails three times in a row is left alone, for longer each time, and then tried by one question")
  func pauses() {
    var health = SourceHealth()
    for _ in 0..<2 { health.failed(now: .zero) }
    #expect(health.begin(now: .zero) == nil)
    health.failed(now: .zero)
    #expect(health.begin(now: .milliseconds(400)) == .milliseconds(600))
    #expect(health.begin(now: .seconds(1)) == nil)
    #expect(health.begin(now: .seconds(1)) == .seconds(1))
    health.failed(now: .seconds(1))
    #expect(health.begin(now: .seconds(2)) == .seconds(1))
    #expect(health.begin(now: .seconds(3)) == nil)
    for _ in 0..<20 { health.failed(now: .seconds(3)) }
    #expect(health.begin(now: .seconds(3)) == .seconds(10))
  }

  @Test("an answer makes it whole again")
  func success() {
    var health = SourceHealth()
    for _ in 0..<5 { health.failed(now: .zero) }
    health.succeeded(now: .zero)
    #expect(health.failures == 0 && health.begin(now: .zero) == nil)
  }

  @Test("slow readings of one address, and those beside which others were answered, say nothing of it")
  func slowAddress() throws {
    let addresses = try (0..<UInt8(9)).map { try TronAddress(bytes: [0x41] + Array(repeating: $0, count: 20)) }
    var health = SourceHealth()
    for second in 1...20 { health.wasSlow(addresses[0], since: .zero, now: .seconds(second)) }
    #expect(health.failures == 1)
    for second in 21...26 {
      health.succeeded(now: .seconds(second))
      health.wasSlow(addresses[second - 20], since: .seconds(second - 1), now: .seconds(second))
    }
    #expect(health.failures == 0)
    for address in addresses.prefix(3) { health.wasSlow(address, since: .seconds(27), now: .seconds(28)) }
    #expect(health.begin(now: .seconds(28)) == .seconds(1))
  }

  @Test("one that asks to be left alone is, and no late answer of an earlier question ends that")
  func suspension() {
    var health = SourceHealth()
    health.failed(now: .zero, retryAfter: .seconds(30))
    health.succeeded(now: .seconds(1))
    #expect(health.begin(now: .seconds(29)) == .seconds(1))
    #expect(health.begin(now: .seconds(30)) == nil)
  }
}
