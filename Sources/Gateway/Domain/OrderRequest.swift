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
    let members = try RequestBody.object(body)
    var errors = RequestBody.unknown(in: members, known: Self.fields)
    let receiver = RequestBody.address("receiver", members["receiver"], "Give the receiving TRON address.", &errors)
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
}
