import Foundation
import InMemoryTracing
import Synchronization
import TestKit
import Testing

@testable import BusKit

struct MiddlewareTests {
  private struct Failure: Error {}

  private struct Noting: Middleware {
    let name: String
    let diary: Diary<String>
    func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
      diary.write("\(name) begins")
      try await next(work)
      diary.write("\(name) ends")
    }
  }

  private struct Swallowing: Middleware {
    func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {}
  }

  private func work(_ kind: Work.Kind = .effect, _ envelopes: [Envelope] = []) -> Work {
    Work(kind: kind, service: "counter", name: "ring", envelopes: envelopes)
  }

  @Test func theFirstIsOutermostAndTheResultComesThrough() async throws {
    let diary = Diary<String>()
    let chain = MiddlewareChain(list: [Noting(name: "a", diary: diary), Noting(name: "b", diary: diary)])
    #expect(try await chain.run(work()) { _ in 42 } == 42)
    #expect(diary.lines == ["a begins", "b begins", "b ends", "a ends"])
  }

  @Test func aMiddlewareThatRunsNothingIsAnErrorAndNoSilence() async throws {
    await #expect(throws: TransientFailure.self) {
      try await MiddlewareChain(list: [Swallowing()]).run(work()) { _ in 42 }
    }
  }

  @Test func anAnswerWithACodeOfItsOwnIsNoFailureOfTheCircuit() async throws {
    let chain = MiddlewareChain(list: [CircuitBreakerMiddleware(failuresMax: 2)])
    let missing = QueryFailure(code: "not_found", message: "no such account")
    for _ in 0..<5 { await #expect(throws: missing) { try await chain.run(work(.query)) { _ in throw missing } } }
    let silent = QueryFailure(code: "timeout", message: "no answer")
    for _ in 0..<2 { await #expect(throws: silent) { try await chain.run(work(.query)) { _ in throw silent } } }
    await #expect(throws: Throttled.self) { try await chain.run(work(.query)) { _ in } }
  }

  @Test func anOpenCircuitRefusesAndLetsOneThroughAfterItsPause() async throws {
    let chain = MiddlewareChain(list: [CircuitBreakerMiddleware(failuresMax: 2, pause: .milliseconds(80))])
    let runs = Mutex(0)
    @Sendable func fail(_ work: Work) throws { runs.withLock { $0 += 1 }; throw Failure() }
    for _ in 0..<2 { await #expect(throws: Failure.self) { try await chain.run(work(), fail) } }
    await #expect(throws: Throttled.self) { try await chain.run(work(), fail) }
    #expect(runs.withLock { $0 } == 2)
    // Batches and other names are none of its business.
    try await chain.run(work(.batch)) { _ in }
    try await Task.sleep(for: .milliseconds(100))
    // The one on trial fails, and it is open again at once.
    await #expect(throws: Failure.self) { try await chain.run(work(), fail) }
    await #expect(throws: Throttled.self) { try await chain.run(work(), fail) }
    try await Task.sleep(for: .milliseconds(100))
    try await chain.run(work()) { _ in }
    await #expect(throws: Failure.self) { try await chain.run(work(), fail) }
    try await chain.run(work()) { _ in }
  }

  @Test func aTimeLimitEndsEffectsAndLeavesBatchesAlone() async throws {
    let chain = MiddlewareChain(list: [TimeoutMiddleware(.milliseconds(30))])
    await #expect(throws: TransientFailure.self) {
      try await chain.run(work()) { _ in try await Task.sleep(for: .seconds(10)) }
    }
    try await chain.run(work(.batch)) { _ in try await Task.sleep(for: .milliseconds(60)) }
  }

  @Test func aSeedDrawsTheSameFailuresAgain() async throws {
    func outcomes(_ seed: UInt64) async -> [String] {
      let chain = MiddlewareChain(list: [RandomFailureMiddleware(share: 0.5, seed: seed)])
      var outcomes: [String] = []
      for _ in 0..<100 {
        do {
          try await chain.run(work()) { _ in }
          outcomes.append("ok")
        } catch { outcomes.append("\(error)") }
      }
      return outcomes
    }
    let first = await outcomes(7)
    #expect(await outcomes(7) == first)
    #expect(await outcomes(8) != first)
    #expect((25...75).contains(first.count { $0 == "ok" }))
    #expect(first.contains { $0.hasSuffix("before") } && first.contains { $0.hasSuffix("after") })
  }

  @Test func failuresBeforeAndAfterTheCommitAndDuplicatesLeaveOneEffect() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.attemptsMax = 50
      var service = World.counter()
      service.use(RandomFailureMiddleware(share: 0.4, seed: 1))
      service.use(DuplicationMiddleware(share: 0.5, seed: 2))
      let counter = try await world.start(service, timing: timing)
      try await world.send((0..<200).map { _ in Add(account: "a") })
      try await eventually(within: .seconds(40)) { try await counter.account("a")?.handled ?? 0 >= 200 }
      try await eventually(within: .seconds(40)) { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await counter.account("a") == Account(id: "a", total: 200, handled: 200))
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  // MARK: - Traces

  @Test(arguments: [
    "", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
  ])
  func whatIsNoTraceContextIsRefused(text: String) { #expect(TraceContext(traceparent: text) == nil) }

  @Test func aTraceContextReadsAndWritesTheW3CForm() throws {
    let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let trace = try #require(TraceContext(traceparent: text))
    #expect(trace.traceparent == text)
    #expect(trace.child().traceID == trace.traceID)
    #expect(trace.child().spanID != trace.spanID)
    #expect(TraceContext(traceparent: TraceContext.root().traceparent) != nil)
    #expect(TraceContext(traceparent: "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later") != nil)
  }

  @Test func whatAMessageCausesBelongsToItsTrace() async throws {
    try await World.run { world in
      try await world.start(World.counter())
      let trace = TraceContext.root()
      var envelope = try World.envelope(Add(account: "a"))
      envelope.traceparent = trace.traceparent
      try await world.send(envelope, to: Add.topic)
      try await eventually { try await !world.entries(Added.topic.streamKey(0)).isEmpty }
      let caused = try #require(try await world.entries(Added.topic.streamKey(0)).first?.envelope)
      let causedTrace = try #require(TraceContext(traceparent: caused.traceparent))
      #expect(causedTrace.traceID == trace.traceID)
      #expect(causedTrace.spanID != trace.spanID)
    }
  }

  @Test func spansGoToTheTracer() async throws {
    let tracer = InMemoryTracer()
    var envelope = try World.envelope(Add(account: "a"))
    envelope.traceparent = TraceContext.root().traceparent
    let chain = MiddlewareChain(list: [TracingMiddleware(tracer: tracer)])
    await #expect(throws: Failure.self) { try await chain.run(work(.batch, [envelope])) { _ in throw Failure() } }
    let span = try #require(tracer.finishedSpans.first)
    #expect(tracer.finishedSpans.count == 1)
    #expect(span.operationName == "\(Add.messageType) batch")
    #expect(span.errors.count == 1)
  }
}
