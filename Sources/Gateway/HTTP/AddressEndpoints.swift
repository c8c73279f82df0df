import BusKit
import Contracts
import TronKit

/// The saved addresses of a customer: `/v1/addresses`. Every change may be repeated.
struct AddressEndpoints: Sendable {
  let bus: Bus
  let limits: RestLimits
  private let exchange: CommandExchange

  init(bus: Bus, limits: RestLimits) {
    self.bus = bus
    self.limits = limits
    exchange = CommandExchange(bus: bus, limits: limits)
  }

  /// `GET /v1/addresses`: all of them, at most `SavedAddress.countMax`.
  @Sendable func list(_ request: APIRequest) async throws -> APIAnswer {
    let saved = try await saved(request)
    return APIAnswer(200, ["object": "list", "data": .array(saved.map(Self.json)), "has_more": false])
  }

  @Sendable func get(_ request: APIRequest) async throws -> APIAnswer {
    let address = try Self.address(request.pathID)
    return APIAnswer(200, Self.json(try Self.find(address, in: try await saved(request))))
  }

  /// `POST /v1/addresses`: 201; 200 when the address was saved before.
  @Sendable func save(_ request: APIRequest) async throws -> APIAnswer {
    let wish = try AddressRequest(body: request.body)
    let before = try await saved(request).first { $0.address == wish.address }
    return try await write(
      wish.address, label: before == nil || !wish.label.isEmpty ? wish.label : nil, renamesOnly: false,
      makesDefault: wish.makesDefault, before: before, status: before == nil ? 201 : 200, request)
  }

  /// `PATCH /v1/addresses/{address}`. One that is removed at the same time stays removed.
  @Sendable func change(_ request: APIRequest) async throws -> APIAnswer {
    let address = try Self.address(request.pathID)
    let change = try AddressChange(body: request.body)
    let before = try Self.find(address, in: try await saved(request))
    return try await write(
      address, label: change.label, renamesOnly: true, makesDefault: change.makesDefault, before: before, status: 200,
      request)
  }

  /// `DELETE /v1/addresses/{address}`: 204, also of one that is not there: the first answer may have been lost.
  @Sendable func remove(_ request: APIRequest) async throws -> APIAnswer {
    let address = try Self.address(request.pathID)
    let result = try await exchange.send(
      RemoveAddress(customer: request.caller.customer, address: address), CommandResult.self)
    guard let result else { return Self.pending(address) }
    guard result.ok else { throw Self.problem(result, address) }
    return .noContent
  }

  // MARK: - What they share

  private func saved(_ request: APIRequest) async throws -> [SavedAddress] {
    try await bus.ask(GetAddresses(customer: request.caller.customer), within: limits.queryWait).addresses
  }

  /// - Parameter label: nil leaves it.
  private func write(
    _ address: TronAddress, label: String?, renamesOnly: Bool, makesDefault: Bool, before: SavedAddress?,
    status: Int, _ request: APIRequest
  ) async throws -> APIAnswer {
    let customer = request.caller.customer
    var results: [CommandResult?] = []
    if let label {
      let command = SaveAddress(customer: customer, address: address, label: label, renamesOnly: renamesOnly)
      results.append(try await exchange.send(command, CommandResult.self))
    }
    // Not after a refusal: an address that could not be saved cannot be the default either.
    if makesDefault, results.allSatisfy({ $0?.ok != false }) {
      let command = SetDefaultAddress(customer: customer, address: address)
      do {
        results.append(try await exchange.send(command, CommandResult.self))
      } catch let problem as Problem where label != nil {
        throw Self.halfDone(problem)
      }
    }
    if let refused = results.compactMap({ $0 }).first(where: { !$0.ok }) { throw Self.problem(refused, address) }
    guard results.allSatisfy({ $0 != nil }) else { return Self.pending(address) }
    let known = Self.known(await reread(request), address)
    let view = known ?? SavedAddress(
      address: address, label: label ?? before?.label ?? "", isDefault: makesDefault || before?.isDefault ?? false)
    return APIAnswer(status, Self.json(view), headers: ["Location": Self.path(address)])
  }

  /// "Nothing was changed" would be wrong of the address itself.
  private static func halfDone(_ problem: Problem) -> Problem {
    var unknown = Problem.outcomeUnknown(
      "The address is saved; whether it has become the default is not certain. Send the request again.")
    unknown.headers = problem.headers
    return unknown
  }

  /// What is saved after a change. The change has been made, so a question without an answer is no failure.
  private func reread(_ request: APIRequest) async -> [SavedAddress] {
    do { return try await saved(request) } catch {
      bus.logger.debug("a changed address was not read back", metadata: ["error": "\(error)"])
      return []
    }
  }

  private static func known(_ saved: [SavedAddress], _ address: TronAddress) -> SavedAddress? {
    saved.first { $0.address == address }
  }

  static func address(_ text: String) throws(Problem) -> TronAddress {
    do { return try TronAddress(parsing: text) } catch { throw .notFound("\(error.description)") }
  }

  private static func find(_ address: TronAddress, in saved: [SavedAddress]) throws(Problem) -> SavedAddress {
    guard let found = known(saved, address) else { throw notSaved(address) }
    return found
  }

  private static func notSaved(_ address: TronAddress) -> Problem {
    .notFound("\(address.base58) is not among your saved addresses; save it with POST /v1/addresses.")
  }

  private static func path(_ address: TronAddress) -> String { "/v1/addresses/\(address.base58)" }

  static func json(_ saved: SavedAddress) -> JSONValue {
    [
      "object": "address", "address": .string(saved.address.base58), "label": .string(saved.label),
      "is_default": .bool(saved.isDefault),
    ]
  }

  /// The change is recorded and will be made; what it led to is not known yet.
  static func pending(_ address: TronAddress) -> APIAnswer {
    APIAnswer(
      202, ["object": "address", "address": .string(address.base58), "label": .null, "is_default": .null],
      headers: ["Location": path(address), "Retry-After": "2"])
  }

  /// What wallet-svc's refusals are in HTTP. Its sentences name the value and the remedy.
  static func problem(_ result: CommandResult, _ address: TronAddress) -> Problem {
    switch result.code {
    case "too_many_addresses": Problem(409, result.code, "Too many addresses", "\(result.detail).")
    case "label_too_long", "label_unprintable":
      Problem.invalid([FieldError(pointer: "#/label", code: result.code, detail: "\(result.detail).")])
    case "address_unusable":
      Problem.invalid([FieldError(pointer: "#/address", code: result.code, detail: "\(result.detail).")])
    case "address_not_saved": notSaved(address)
    default: Problem(409, result.code, "Refused", "\(result.detail).")
    }
  }
}
