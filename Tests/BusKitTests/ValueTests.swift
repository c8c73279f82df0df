import Foundation
import Testing

@testable import BusKit

struct ValueTests {
  @Test(arguments: [(1, 200), (2, 400), (3, 800), (4, 1000), (5, 1000), (1_000_000, 1000), (0, 200), (-3, 200)])
  func aBackOffLiesBetweenHalfAndTheWholeOfItsStep(attempt: Int, step: Int64) {
    let backoff = Backoff(first: .milliseconds(200), factor: 2, most: .seconds(1))
    #expect(backoff.delay(attempt: attempt, random: 0) == .milliseconds(step / 2))
    #expect(backoff.delay(attempt: attempt, random: 0.5) == .milliseconds(step * 3 / 4))
    #expect(backoff.delay(attempt: attempt, random: 0.999_999) <= .milliseconds(step))
  }

  @Test func aBackOffNeverPassesItsMostNorVanishes() {
    #expect(Backoff(first: .seconds(9), most: .seconds(1)).delay(attempt: 1, random: 0.99) <= .seconds(1))
    #expect(Backoff(first: .zero, most: .seconds(1)).delay(attempt: 9, random: 0) > .zero)
  }

  @Test func workThatKeepsStoppingWaitsLongerUntilItHasRunForAMinute() {
    var pace = RestartPace()
    for _ in 0..<5 { pace.failed(after: .seconds(59)) }
    #expect(pace.failures == 5)
    pace.failed(after: .seconds(60))
    #expect(pace.failures == 1)
    pace.failed(after: .zero)
    #expect(pace.failures == 2)
    pace.ended()
    #expect(pace.failures == 0)
    #expect(pace.pause.attempt == 1)
  }

  @Test func identifiersSortByTheirTimeAndSayTheirVersion() {
    let early = UUID.v7(milliseconds: 1_700_000_000_000)
    let late = UUID.v7(milliseconds: 1_700_000_000_001)
    #expect(early.text < late.text)
    #expect(early.text.hasPrefix("018bcfe5-6800-7"))
    #expect("89ab".contains(early.text[early.text.index(early.text.startIndex, offsetBy: 19)]))
    #expect(Set((0..<1000).map { _ in UUID.v7(milliseconds: 1) }).count == 1000)
  }

  @Test func identifiersSortInTheOrderInWhichTheyWereAskedFor() {
    let clocked = (0..<20_000).map { _ in UUID.v7().text }
    #expect(clocked == clocked.sorted())
    #expect(Set(clocked).count == clocked.count)
    let given = (0..<20_000).map { _ in UUID.v7(milliseconds: 1_700_000_000_000).text }
    #expect(given == given.sorted())
    #expect(given.allSatisfy { $0.hasPrefix("018bcfe5-6800-7") })
  }

  @Test func theTextOfAnIdentifierIsFoundationsInLowerCase() {
    for _ in 0..<1000 {
      let id = UUID()
      #expect(id.text == id.uuidString.lowercased())
      #expect(Array(id.text.utf8).withUnsafeBufferPointer { UUID(text: $0) } == id)
      #expect(Array(id.uuidString.utf8).withUnsafeBufferPointer { UUID(text: $0) } == id)
    }
  }

  @Test func metricsReadAsPrometheusWantsThem() {
    let metrics = MetricsRegistry()
    metrics.counter("orders_total", labels: [("state", "new")]).increment(by: 2)
    metrics.counter("orders_total", labels: [("state", "say \"hi\"\\\n")]).increment()
    metrics.gauge("lag").set(1.5)
    let histogram = metrics.histogram("seconds", buckets: [0.1, 1])
    for value in [0.05, 0.5, 5] { histogram.observe(value) }
    #expect(
      metrics.render() == """
        # TYPE lag gauge
        lag 1.5
        # TYPE orders_total counter
        orders_total{state="new"} 2
        orders_total{state="say \\"hi\\"\\\\\\n"} 1
        # TYPE seconds histogram
        seconds_bucket{le="0.1"} 1
        seconds_bucket{le="1.0"} 2
        seconds_bucket{le="+Inf"} 3
        seconds_sum 5.55
        seconds_count 3

        """)
  }

  @Test func aMetricWithTooManyLabelSetsFoldsTheRestIntoOne() {
    let metrics = MetricsRegistry()
    for number in 0..<(MetricsRegistry.seriesMax + 5) { metrics.counter("c", labels: [("n", "\(number)")]).increment() }
    metrics.counter("c", labels: [("n", "3")]).increment()
    let lines = metrics.render().split(separator: "\n")
    #expect(lines.count == MetricsRegistry.seriesMax + 2)
    #expect(lines.contains(#"c{overflow="true"} 5"#))
    #expect(lines.contains(#"c{n="3"} 2"#))
  }

  @Test func aClearedGaugeHasNoSeries() {
    let metrics = MetricsRegistry()
    metrics.gauge("lag", labels: [("topic", "a")]).set(1)
    metrics.clear("lag")
    #expect(metrics.render() == "# TYPE lag gauge\n")
  }

  @Test func everyMistakeOfAConfigurationIsListedAndNoSecretShown() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("empty-\(UUID().uuidString)").path
    try Data("  \n".utf8).write(to: URL(fileURLWithPath: path))
    defer {
      do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(error)") }
    }
    var reader = EnvironmentReader([
      "ENERGY_REDIS_URL": "http://nowhere", "ENERGY_REDIS_PASSWORD_FILE": path,
      "ENERGY_POSTGRES_URL": "host=x password=hunter2", "ENERGY_HTTP_ADDRESS": "8080", "ENERGY_LEASE_MS": "soon",
      "ENERGY_POSTGRES_CONNECTIONS": "1000", "ENERGY_LOG_LEVEL": "loud", "EMPTY": "",
    ])
    #expect(ServiceConfiguration.read(&reader, service: "s", schema: "s") == nil)
    _ = reader.string("EMPTY")
    _ = reader.secret("MISSING_FILE")
    _ = reader.url("NO_URL", default: "ftp://x")
    let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
    let names = [
      "ENERGY_REDIS_URL", "ENERGY_REDIS_PASSWORD_FILE", "ENERGY_POSTGRES_URL", "ENERGY_HTTP_ADDRESS", "ENERGY_LEASE_MS",
      "ENERGY_POSTGRES_CONNECTIONS", "ENERGY_LOG_LEVEL", "EMPTY", "MISSING_FILE", "NO_URL",
    ]
    for name in names { #expect(error?.mistakes.filter { $0.hasPrefix(name) }.count == 1, "\(name)") }
    #expect(error?.mistakes.count == names.count)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func aConfigurationWithoutMistakesIsRead() throws {
    var reader = EnvironmentReader([
      "ENERGY_REDIS_URL": "unix:/run/redis.sock", "ENERGY_POSTGRES_URL": "host=/run dbname=energy",
      "ENERGY_HTTP_ADDRESS": "127.0.0.1:8081", "ENERGY_LEASE_MS": "1500",
    ])
    let configuration = try #require(ServiceConfiguration.read(&reader, service: "s", schema: "sch"))
    try reader.finish()
    #expect(configuration.httpPort == 8081)
    #expect(configuration.timing.lease == .milliseconds(1500))
    #expect(configuration.postgres.searchPath == "sch")
  }

  @Test func aLimitLetsSoManyInAndTheRestInTurn() async {
    let limit = AsyncLimit(2)
    let inside = Diary<Int>()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          #expect(await limit.enter())
          inside.write(1)
          await Task.yield()
          inside.write(-1)
          limit.leave()
        }
      }
    }
    var (now, most) = (0, 0)
    for step in inside.lines {
      now += step
      most = max(most, now)
    }
    #expect(most <= 2)
    #expect(now == 0)
    #expect(limit.isIdle)
  }

  @Test func aLimitThatIsClosedSendsAwayWhoeverWaits() async throws {
    let limit = AsyncLimit(1)
    #expect(await limit.enter())
    async let late = limit.enter()
    try await Task.sleep(for: .milliseconds(20))
    limit.close()
    #expect(await late == false)
    #expect(await limit.enter() == false)
    limit.leave()
    #expect(limit.isIdle)
  }

  @Test(.timeLimit(.minutes(1))) func aPromiseIsKeptToEverybodyWhoAwaitsIt() async throws {
    let promise = Promise<Int>()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<3 { group.addTask { try await promise.value() } }
      try await Task.sleep(for: .milliseconds(20))
      promise.set(.success(1))
      promise.set(.success(2))
      for try await value in group { #expect(value == 1) }
    }
    #expect(try await promise.value() == 1)
  }
}
