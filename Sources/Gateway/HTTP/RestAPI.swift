import BusKit
import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The routes of the REST API, and what every request goes through: request id, a place among those in
/// work, body limit, key, rate limit, problem+json.
struct RestAPI: Sendable {
  typealias Endpoint = @Sendable (APIRequest) async throws -> APIAnswer

  let bus: Bus
  let limits: RestLimits
  let clients: ClientDirectory
  let rates: RateLimiter
  let inWork: Places
  let ofClients: ClientPlaces
  let refusals: Refusals

  init(bus: Bus, limits: RestLimits) {
    self.bus = bus
    self.limits = limits
    clients = ClientDirectory()
    rates = RateLimiter(perSecond: limits.requestsPerSecond, burst: limits.requestsBurst)
    inWork = Places(limits.inWorkMax)
    ofClients = ClientPlaces(limits.inWorkOfClientMax)
    refusals = Refusals(metrics: bus.metrics)
  }

  private static let methods: [HTTPTypes.HTTPRequest.Method] = [
    .get, .head, .post, .put, .patch, .delete, .options,
  ]

  func register(on router: Service.HTTPRouter) {
    let shown = ShownOrders()
    let orders = OrderEndpoints(bus: bus, limits: limits, shown: shown)
    let placement = OrderPlacement(bus: bus, limits: limits, refusals: refusals, shown: shown)
    let account = AccountEndpoints(bus: bus, limits: limits)
    let deposits = DepositEndpoints(bus: bus, limits: limits)
    let addresses = AddressEndpoints(bus: bus, limits: limits)
    router.add(middleware: ProblemMiddleware(logger: bus.logger))
    add("/v1/orders", on: router, [.get: orders.list, .post: placement.place])
    add("/v1/orders/:id", on: router, [.get: orders.get])
    add("/v1/orders/:id/cancel", on: router, [.post: orders.cancel])
    add("/v1/balance", on: router, [.get: account.balance])
    add("/v1/deposit-address", on: router, [.get: deposits.address])
    add("/v1/deposit-address/qr.png", on: router, [.get: deposits.picture])
    add("/v1/addresses", on: router, [.get: addresses.list, .post: addresses.save])
    add(
      "/v1/addresses/:id", on: router,
      [.get: addresses.get, .patch: addresses.change, .delete: addresses.remove])
    add("/v1/prices", on: router, [.get: account.prices])
  }

  /// Every method of a known path is answered: those without an endpoint with 405.
  private func add(
    _ path: RouterPath, on router: Service.HTTPRouter, _ endpoints: [HTTPTypes.HTTPRequest.Method: Endpoint]
  ) {
    let allowed = endpoints.keys.map(\.rawValue).sorted()
    for method in Self.methods {
      let endpoint = endpoints[method]
      router.on(path, method: method) { request, context in
        guard let endpoint else { throw Problem.methodNotAllowed(allowed: allowed) }
        return try await handle(request, context, endpoint)
      }
    }
  }

  private func handle(
    _ request: Request, _ context: BasicRequestContext, _ endpoint: Endpoint
  ) async throws -> Response {
    let requestID = RequestID.of(request)
    let started = ContinuousClock.now
    let route = context.endpointPath ?? "?"
    let answer: APIAnswer
    do {
      answer = try await inItsPlace {
        let caller = try await authenticate(request)
        try rates.take(for: caller.client)
        return try await inItsPlace(of: caller.client) {
          try await endpoint(try await read(request, context, caller, started))
        }
      }
    } catch {
      answer = APIAnswer(
        ProblemMiddleware.problem(for: error, requestID: requestID, logger: bus.logger), requestID: requestID)
    }
    let labels = [("route", route), ("method", request.method.rawValue)]
    bus.metrics.counter("energy_gateway_http_requests_total", labels: labels + [("status", String(answer.status))])
      .increment(by: 1)
    bus.metrics.histogram(
      "energy_gateway_http_request_seconds", labels: labels, buckets: [0.005, 0.02, 0.1, 0.3, 1, 2, 4, 8]
    ).observe((ContinuousClock.now - started).timeInterval)
    return try answer.response(requestID: requestID)
  }

  /// Work beyond the limit is refused before it has cost anything: not even the key is looked up.
  private func inItsPlace(_ work: () async throws -> APIAnswer) async throws -> APIAnswer {
    guard inWork.enter() else {
      throw refusals.turnAway(.requests, "Too many requests are in work; nothing was changed.")
    }
    let gauge = bus.metrics.gauge("energy_gateway_requests_in_work")
    gauge.add(1)
    defer {
      inWork.leave()
      gauge.add(-1)
    }
    return try await work()
  }

  /// A request keeps its place while its body arrives: slow ones of one client must leave room for the others.
  private func inItsPlace(of client: String, _ work: () async throws -> APIAnswer) async throws -> APIAnswer {
    guard ofClients.enter(client) else { throw Problem.tooManyAtOnce(limits.inWorkOfClientMax) }
    defer { ofClients.leave(client) }
    return try await work()
  }

  private func read(
    _ request: Request, _ context: BasicRequestContext, _ caller: ClientDirectory.Caller,
    _ arrived: ContinuousClock.Instant
  ) async throws -> APIRequest {
    var query: [String: String] = [:]
    for (name, value) in request.uri.queryParameters { query[String(name)] = String(value) }
    return APIRequest(
      caller: caller, pathID: context.parameters.get("id") ?? "", query: query,
      idempotencyKey: request.headers[RequestID.idempotencyKey], body: try await body(of: request), arrived: arrived)
  }

  private func authenticate(_ request: Request) async throws -> ClientDirectory.Caller {
    guard let key = APIKey(authorization: request.headers[.authorization]) else { throw Problem.unauthorized }
    do {
      // Guesses share one bucket, so that guessing cannot crowd out those who know.
      let caller = try await clients.caller(key, bus: bus) { try rates.take(for: "unknown keys") }
      guard let caller else { throw Problem.unauthorized }
      return caller
    } catch let problem as Problem {
      throw problem
    } catch {
      bus.logger.warning("an API key could not be looked up", metadata: ["error": "\(error)"])
      throw Problem.unavailable("The API key cannot be checked at the moment.")
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    guard request.method == .post || request.method == .patch else { return [] }
    let tooLarge = Problem.bodyTooLarge(limitBytes: limits.bodyBytesMax)
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.bodyBytesMax {
      throw tooLarge
    }
    let bytes: [UInt8]
    do {
      bytes = try await waiting(atMost: limits.bodyWait) { [body = request.body, max = limits.bodyBytesMax] in
        Array(buffer: try await body.collect(upTo: max))
      }
    } catch is NIOTooManyBytesError {
      throw tooLarge
    } catch is Overdue {
      throw Problem.bodyTimeout(limit: limits.bodyWait)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      // Chunks that are none, an encoding that nobody knows, an end too early: all of the sender's making.
      throw Problem(400, "bad_request", "Bad Request", "The request's body cannot be read as HTTP: \(error)")
    }
    guard !bytes.isEmpty else { return [] }
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    guard type == "application/json" else {
      throw Problem(
        415, "unsupported_media_type", "Unsupported media type", "Send the body with Content-Type: application/json.")
    }
    return bytes
  }
}

/// The id under which a request stands in logs and answers: the client's own when it is harmless, else a fresh one.
enum RequestID {
  static let header = HTTPField.Name("Request-Id")
  static let clientHeader = HTTPField.Name("X-Request-Id")
  static let idempotencyKeyName = HTTPField.Name("Idempotency-Key")
  // Constant names of valid form; the initialiser is failable only because it takes any text.
  static var idempotencyKey: HTTPField.Name { idempotencyKeyName ?? .ifMatch }

  static func of(_ request: Request) -> String {
    if let clientHeader, let given = request.headers[clientHeader],
      given.wholeMatch(of: /[A-Za-z0-9._\-]{1,64}/) != nil
    {
      return given
    }
    return UUID.v7().text
  }
}

extension APIAnswer {
  func response(requestID: String) throws -> Response {
    var fields = HTTPFields()
    if let contentType { fields[.contentType] = contentType }
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    if let name = RequestID.header { fields[name] = requestID }
    let bytes = contentType == nil ? [] : try picture ?? body.bytes()
    return Response(status: .init(code: status), headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
