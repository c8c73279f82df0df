import CoreMetrics
import Testing

@testable import BusKit

@Suite("swift-metrics in our registry")
struct MetricsBackendTests {
  @Test("Every kind appears under a name that Prometheus accepts")
  func kinds() {
    let registry = MetricsRegistry()
    let backend = MetricsBackend(registry: registry)
    backend.makeCounter(label: "hb.requests", dimensions: [("hb.uri", "/livez")]).increment(by: 2)
    backend.makeMeter(label: "hb.requests.active", dimensions: []).increment(by: 3)
    backend.makeTimer(label: "hb.request.duration", dimensions: []).recordNanoseconds(20_000_000)
    backend.makeRecorder(label: "size", dimensions: [], aggregate: false).record(Int64(7))
    let text = registry.render()
    #expect(text.contains("hb_requests_total{hb_uri=\"/livez\"} 2\n"))
    #expect(text.contains("hb_requests_active 3\n"))
    #expect(text.contains("hb_request_duration_seconds_bucket{le=\"0.025\"} 1\n"))
    #expect(text.contains("hb_request_duration_seconds_bucket{le=\"0.01\"} 0\n"))
    #expect(text.contains("size 7\n"))
  }

  @Test("A name of other characters is made one of underscores", arguments: [("2xx", "_2xx"), ("a-b.c", "a_b_c")])
  func names(label: String, name: String) {
    #expect(MetricsBackend.name(label) == name)
  }

  @Test("A second service in a process does not end it")
  func installedTwice() {
    MetricsBackend.install(MetricsRegistry())
    MetricsBackend.install(MetricsRegistry())
    CoreMetrics.Counter(label: "after.two").increment()
  }

  @Test("What many threads count is the sum, by a handle that is kept and by one that is found anew")
  func manyThreads() async {
    let registry = MetricsRegistry()
    let kept = registry.counter("c", labels: [("a", "1")])
    await withDiscardingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<500 {
            kept.increment()
            registry.counter("c", labels: [("a", "1")]).increment()
            registry.gauge("g").add(0.5)
            registry.histogram("h", buckets: [1]).observe(2)
          }
        }
      }
    }
    let text = registry.render()
    #expect(text.contains("c{a=\"1\"} 8000\n"))
    #expect(text.contains("g 2000\n"))
    #expect(text.contains("h_bucket{le=\"1.0\"} 0\n"))
    #expect(text.contains("h_sum 8000\n"))
    #expect(text.contains("h_count 4000\n"))
  }
}
