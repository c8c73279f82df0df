import BusKit
import Contracts
import Logging
import Testing

@testable import Gateway

@Suite struct RestAnswerTests {
  @Test(arguments: OrderFailure.allCases)
  func `A rejected order is a client problem with the reason as its code`(_ failure: OrderFailure) throws {
    guard case .refused(let problem) = PlacementOutcome(try Samples.order(.rejected, failure: failure)) else {
      Issue.record("a rejected order was not refused")
      return
    }
    #expect([402, 409, 422].contains(problem.status))
    #expect(problem.code == failure.rawValue)
    #expect(problem.headers["Location"] == "/v1/orders/\(try Samples.order(.rejected).id)")
  }

  @Test func `No money is 402 and a changed price 409`() {
    #expect(OrderAnswer.refusal(.insufficientBalance).status == 402)
    #expect(OrderAnswer.refusal(.priceChanged).status == 409)
    #expect(OrderAnswer.refusal(.receiverIsContract).status == 422)
  }

  @Test(arguments: OrderState.allCases)
  func `An order that has left placed is created, unless it was rejected`(_ state: OrderState) throws {
    let outcome = PlacementOutcome(try Samples.order(state))
    switch state {
    case .placed: #expect(outcome == .pending)
    case .rejected: if case .refused = outcome {} else { Issue.record("\(outcome)") }
    default: #expect(outcome == .created(try Samples.order(state)))
    }
  }

  @Test func `No word of an order means pending`() { #expect(PlacementOutcome(nil) == .pending) }

  @Test func `An order shows every field, absent ones as null`() throws {
    var order = try Samples.order(.funded)
    order.seq = 7
    guard case .object(let members) = OrderAnswer.json(order) else {
      Issue.record("no object")
      return
    }
    #expect(members["status"] == "processing")
    #expect(members["price_sun"] == 3_900_000)
    #expect(members["price_trx"] == "3.9")
    #expect(members["delivered_at"] == .null)
    #expect(members["created_at"] == "2026-01-01T00:00:00.000Z")
    #expect(!members.keys.contains("seq"))
  }

  @Test func `A pending order has the fields of any other`() throws {
    let view = try Samples.order(.funded)
    let row = RestOrderRow(
      id: "c:k", client: "c", customer: view.customer, orderId: view.id.text, requestHash: "h", receiver: view.receiver,
      energy: view.energy, durationSeconds: view.durationSeconds, createdAt: Samples.now)
    guard case .object(let pending) = OrderAnswer.pending(row), case .object(let full) = OrderAnswer.json(view) else {
      Issue.record("no objects")
      return
    }
    #expect(pending.keys.sorted() == full.keys.sorted())
    #expect(pending["status"] == "pending")
  }

  @Test func `A problem has the members of RFC 9457 and ours`() throws {
    let answer = APIAnswer(
      .invalid([FieldError(pointer: "#/energy", code: "required", detail: "Give it.")]), requestID: "r-1")
    #expect(answer.contentType == "application/problem+json")
    #expect(answer.body["type"] == "/problems/validation-failed")
    #expect(answer.body["status"] == 422)
    #expect(answer.body["code"] == "validation_failed")
    #expect(answer.body["request_id"] == "r-1")
    #expect(answer.body["errors"]?.array?.first?["pointer"] == "#/energy")
  }

  @Test func `Refusals at the door carry the headers HTTP asks for`() {
    #expect(Problem.unauthorized.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
    #expect(Problem.methodNotAllowed(allowed: ["GET", "POST"]).headers["Allow"] == "GET, POST")
    #expect(Problem.unavailable("x").headers["Retry-After"] == "2")
  }

  @Test func `A question without an answer is 503, an error of ours 500 without its text`() throws {
    struct Secret: Error {}
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let timeout = ProblemMiddleware.problem(
      for: QueryFailure(code: "timeout", message: ""), requestID: "r", logger: logger)
    #expect(timeout.status == 503)
    #expect(timeout.headers["Retry-After"] != nil)
    let internalError = ProblemMiddleware.problem(for: Secret(), requestID: "r", logger: logger)
    #expect(internalError == .internalError)
  }

  @Test func `A bucket allows its burst, then its rate`() {
    var bucket = TokenBucket(perSecond: 10, burst: 2, now: .zero)
    #expect(bucket.take(at: .zero) == nil)
    #expect(bucket.take(at: .zero) == nil)
    #expect(bucket.take(at: .zero) == .milliseconds(100))
    #expect(bucket.take(at: .milliseconds(100)) == nil)
    #expect(bucket.take(at: .milliseconds(100)) != nil)
    #expect(bucket.take(at: .seconds(60)) == nil)
  }

  @Test func `Reserved turns are spaced by the rate`() {
    var bucket = TokenBucket(perSecond: 10, burst: 1, now: .zero)
    #expect((0..<3).map { _ in bucket.reserve(at: .zero) } == [.zero, .milliseconds(100), .milliseconds(200)])
    bucket.giveBack()
    #expect(bucket.reserve(at: .zero) == .milliseconds(200))
  }
}
