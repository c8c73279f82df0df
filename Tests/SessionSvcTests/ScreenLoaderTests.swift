import BusKit
import Contracts
import Logging
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

    func command<C: Message, Answer: Message>(
      _ command: C, _ answer: Answer.Type, within limit: Duration
    ) async throws -> Answer? { answers[C.messageType] as? Answer }
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

  /// Nothing that an operator could do is left of a screen that its customer has waited for in vain.
  @Test("whatever goes wrong, the last try ends with what the customer is told; only one that is broken off does not")
  func lastTry() async throws {
    let effect = LoadScreen(customer: Sample.customer, request: .balance, ticket: 1, isFresh: true)
    func load(_ error: any Error, isLastTry: Bool) async throws -> Loaded {
      try await effect.load(
        with: ScreenLoader(asking: Broken(error: error), order: Sample.order), isLastTry: isLastTry,
        logger: Logger(label: "test"))
    }
    await #expect(throws: Away.self) { try await load(Away(), isLastTry: false) }
    #expect(try await load(Away(), isLastTry: true) == .unavailable(.balance))
    await #expect(throws: CancellationError.self) { try await load(CancellationError(), isLastTry: true) }
  }

  struct Away: Error {}

  /// Nobody can be asked.
  struct Broken: Asking {
    let error: any Error

    func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply { throw error }

    func command<C: Message, Answer: Message>(
      _ command: C, _ answer: Answer.Type, within limit: Duration
    ) async throws -> Answer? { throw error }
  }

  @Test("an order of somebody else is not found")
  func notFound() async throws {
    let answers = Answers(failures: [GetOrder.messageType: "not_found"])
    let loader = ScreenLoader(asking: answers, order: Sample.order)
    #expect(try await loader.load(.order(Sample.otherOrder), for: Sample.customer) == .orderNotFound)
  }

  private func load(_ request: LoadRequest, _ answers: Answers) async throws -> Loaded {
    try await ScreenLoader(asking: answers, order: Sample.order).load(request, for: Sample.customer)
  }

  @Test("a deposit address is assigned where there is none, and each reason for none is told apart")
  func deposit() async throws {
    let view = try Sample.deposit()
    #expect(try await load(.deposit, Answers(answers: [GetDepositAddress.messageType: view])) == .deposit(view))
    func assigning(_ answer: DepositAddressAnswer?) -> Answers {
      var answers = Answers(failures: [GetDepositAddress.messageType: "no_deposit_address"])
      answers.answers[AssignDepositAddress.messageType] = answer
      return answers
    }
    func answer(_ code: String, _ address: DepositAddressView? = nil) -> DepositAddressAnswer {
      DepositAddressAnswer(code: code, detail: "", address: address)
    }
    #expect(try await load(.deposit, assigning(answer("done", view))) == .deposit(view))
    #expect(try await load(.deposit, assigning(answer("none_ready"))) == .depositNotReady)
    #expect(try await load(.deposit, assigning(nil)) == .depositNotReady)
    #expect(try await load(.deposit, assigning(answer("deposits_off"))) == .depositsOff)
    #expect(try await load(.deposit, Answers()) == .unavailable(.deposit))
  }

  @Test("an address is shown with its label, or without one while the address book does not answer")
  func address() async throws {
    let address = try Sample.receiver()
    let saved = SavedAddress(address: address, label: "cold", isDefault: true)
    let known = Answers(answers: [GetAddresses.messageType: SavedAddresses(addresses: [saved])])
    #expect(try await load(.address(address), known) == .book(.address(address, chain: nil, saved: saved)))
    #expect(try await load(.address(address), Answers()) == .book(.address(address, chain: nil, saved: nil)))
  }

  @Test("a change of the address book tells what became of it")
  func change() async throws {
    let address = try Sample.receiver()
    let done = CommandResult(ok: true, code: "done", detail: "")
    let refused = CommandResult(ok: false, code: "label_too_long", detail: "")
    let rename = LoadRequest.rename(address, label: "cold")
    #expect(
      try await load(rename, Answers(answers: [SaveAddress.messageType: done]))
        == .book(.renamed(address, label: "cold")))
    #expect(
      try await load(rename, Answers(answers: [SaveAddress.messageType: refused]))
        == .book(.refused(address, code: "label_too_long")))
    #expect(try await load(rename, Answers()) == .unavailable(rename))
    let full = CommandResult(ok: false, code: "too_many_addresses", detail: "")
    #expect(try await load(.save(address), Answers(answers: [SaveAddress.messageType: done])) == .book(.saved(address)))
    #expect(
      try await load(.save(address), Answers(answers: [SaveAddress.messageType: full]))
        == .book(.refused(address, code: "too_many_addresses")))
    #expect(
      try await load(.remove(address), Answers(answers: [RemoveAddress.messageType: done])) == .book(.removed(address)))
    #expect(try await load(.remove(address), Answers()) == .unavailable(.remove(address)))
    #expect(
      try await load(.makeDefault(address), Answers(answers: [SetDefaultAddress.messageType: done]))
        == .book(.becameDefault(address)))
  }
}
