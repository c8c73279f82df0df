import Testing

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
    #expect(health == SourceHealth())
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
