import BusKit
import Contracts
import Testing
import TronKit

@testable import SessionSvc

@Suite struct ScreenLoaderTests {
  /// Answers by message type; everything else times out.
  struct Answers: Asking {
    var answers: [String: any Sendable] = [:]
    var failures: [String: String] = [:]

    func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply {
      if let reply = answers[Q.messageType] as? Q.Reply { return reply }
      throw QueryFailure(code: failures[Q.messageType] ?? "timeout", message: "no answer")
    }
  }

  private func offer(_ answers: Answers) async throws -> Loaded {
    try await ScreenLoader(asking: answers, order: Sample.order).load(
      .offer(receiver: try Sample.receiver(), energy: Energy(65_000), durationSeconds: 3_600, isNew: true),
      for: Sample.customer)
  }

  private func answers() throws -> Answers {
    let facts = try Sample.facts(chain: nil)
    return Answers(answers: [GetQuote.messageType: facts.quote, GetBalance.messageType: facts.balance])
  }

  @Test("an offer needs price and balance, but neither chain nor pool")
  func partial() async throws {
    let facts = try Sample.facts(chain: nil, pool: nil)
    #expect(try await offer(try answers()) == .offer(facts, order: Sample.order, isNew: true))
    var withoutBalance = try answers()
    withoutBalance.answers[GetBalance.messageType] = nil
    guard case .unavailable = try await offer(withoutBalance) else {
      Issue.record("an offer was made without a balance")
      return
    }
  }

  @Test("what is not on offer is told apart from what does not answer")
  func notOffered() async throws {
    var answers = try answers()
    answers.answers[GetQuote.messageType] = nil
    answers.failures[GetQuote.messageType] = "unknown_product"
    #expect(try await offer(answers) == .notOffered)
  }

  @Test("an order of somebody else is not found")
  func notFound() async throws {
    let answers = Answers(failures: [GetOrder.messageType: "not_found"])
    let loader = ScreenLoader(asking: answers, order: Sample.order)
    #expect(try await loader.load(.order(Sample.otherOrder), for: Sample.customer) == .orderNotFound)
  }
}
