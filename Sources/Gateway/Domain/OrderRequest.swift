import Crypto
import Foundation
import TronKit

/// The body of `POST /v1/orders`, checked.
struct OrderRequest: Sendable, Equatable {
  let receiver: TronAddress
  let energy: Energy
  let durationSeconds: Int64
  let priceMax: Sun?

  /// Far above any product: order-svc knows the real limits.
  static let energyMax: Int64 = 1_000_000_000_000
  static let durationSecondsMax: Int64 = 366 * 24 * 3600
  private static let fields: Set<String> = ["receiver", "energy", "duration_seconds", "max_price_sun"]

  /// Reads a body and names everything that is wrong with it at once.
  /// - Throws: `Problem` 400 when it is no JSON object, 422 with one entry per wrong field.
  init(body: [UInt8]) throws(Problem) {
    let value: JSONValue
    do { value = try JSONValue(parsing: body) } catch {
      throw Problem(400, "invalid_json", "Invalid JSON", "The body is not valid JSON.")
    }
    guard case .object(let members) = value else {
      throw Problem(400, "invalid_json", "Invalid JSON", "The body must be a JSON object.")
    }
    var errors: [FieldError] = []
    for name in members.keys.sorted() where !Self.fields.contains(name) {
      let known = Self.fields.sorted().joined(separator: ", ")
      errors.append(
        FieldError(
          pointer: "#/" + Self.escaped(name), code: "unknown_field",
          detail: "There is no field '\(name.prefix(64))'; use \(known)."))
    }
    let receiver = Self.address(members["receiver"], &errors)
    let energy = Self.number("energy", members["energy"], 1...Self.energyMax, required: true, &errors)
    let duration = Self.number(
      "duration_seconds", members["duration_seconds"], 1...Self.durationSecondsMax, required: true, &errors)
    let priceMax = Self.number("max_price_sun", members["max_price_sun"], 0...Int64.max, required: false, &errors)
    guard errors.isEmpty, let receiver, let energy, let duration else { throw .invalid(errors) }
    self.receiver = receiver
    self.energy = Energy(energy)
    self.durationSeconds = duration
    self.priceMax = priceMax.map { Sun($0) }
  }

  /// SHA-256 of the meaning, not of the bytes: spaces, key order and the address's spelling do not matter.
  var fingerprint: String {
    let text = "\(receiver.hex)\n\(energy.value)\n\(durationSeconds)\n\(priceMax.map { String($0.value) } ?? "-")"
    return Hex.encode(SHA256.hash(data: Data(text.utf8)))
  }

  private static func address(_ value: JSONValue?, _ errors: inout [FieldError]) -> TronAddress? {
    let pointer = "#/receiver"
    switch value {
    case nil, .null?:
      errors.append(FieldError(pointer: pointer, code: "required", detail: "Give the receiving TRON address."))
      return nil
    case .string(let text)?:
      do { return try TronAddress(parsing: text) } catch {
        errors.append(FieldError(pointer: pointer, code: error.code, detail: error.description))
        return nil
      }
    case .some:
      errors.append(FieldError(pointer: pointer, code: "wrong_type", detail: "The address must be a string."))
      return nil
    }
  }

  private static func number(
    _ name: String, _ value: JSONValue?, _ range: ClosedRange<Int64>, required: Bool, _ errors: inout [FieldError]
  ) -> Int64? {
    let pointer = "#/\(name)"
    switch value {
    case nil, .null?:
      if required {
        errors.append(FieldError(pointer: pointer, code: "required", detail: "Give \(name) as a whole number."))
      }
      return nil
    case .int(let number)?:
      if range.contains(number) { return number }
      errors.append(
        FieldError(
          pointer: pointer, code: "out_of_range",
          detail: "\(name) is \(number); give \(range.lowerBound) to \(range.upperBound)."))
      return nil
    case .some:
      errors.append(
        FieldError(
          pointer: pointer, code: "wrong_type", detail: "\(name) must be a whole number, not a string or fraction."))
      return nil
    }
  }

  /// RFC 6901.
  private static func escaped(_ name: String) -> String {
    String(name.prefix(64)).replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
