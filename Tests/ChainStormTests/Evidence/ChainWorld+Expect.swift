import TestKit
import Testing

extension ChainWorld {
  /// Waits until nothing moves; then tables and chain must agree on what every wallet lends to every receiver.
  func expectSameLedger(_ location: SourceLocation = #_sourceLocation) async throws {
    var findings: [Finding] = []
    do {
      try await eventually(within: .seconds(30), "the tables agree with the chain") {
        let (database, chain) = (try await databaseSnapshot(), try await chainSnapshot())
        findings = Checker(database: database, chain: chain, orders: []).ledger()
        return findings.isEmpty
      }
    } catch is TestKitError {
      Issue.record("\(findings.count) findings: \(findings.prefix(20))", sourceLocation: location)
    }
  }

  /// Waits until nothing is left to do; then tables, chain and news must agree, and no worker may have cried for help.
  func expectClean(
    _ desk: OrderDesk, within limit: Duration = .seconds(30), _ location: SourceLocation = #_sourceLocation
  ) async throws {
    var findings: [Finding] = []
    do {
      try await eventually(within: limit, "nothing is left to do") {
        findings = try await check(desk.records)
        return findings.isEmpty
      }
    } catch is TestKitError {
      Issue.record("\(findings.count) findings: \(findings.prefix(20))", sourceLocation: location)
    }
    let critical = criticalLines()
    #expect(critical.isEmpty, "\(critical.prefix(10))", sourceLocation: location)
    #expect(desk.strangers.isEmpty, "\(desk.strangers.prefix(10))", sourceLocation: location)
    #expect(desk.contradictions.isEmpty, "\(desk.contradictions.prefix(10))", sourceLocation: location)
  }
}
