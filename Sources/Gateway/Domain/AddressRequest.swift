import TronKit

/// The body of `POST /v1/addresses`, checked. What a label may be is wallet-svc's to say.
struct AddressRequest: Sendable, Equatable {
  let address: TronAddress
  /// Empty: none, or the one it has.
  let label: String
  let makesDefault: Bool

  /// - Throws: `Problem` 400 when it is no JSON object, 422 with one entry per wrong field.
  init(body: [UInt8]) throws(Problem) {
    let members = try RequestBody.object(body)
    var errors = RequestBody.unknown(in: members, known: ["address", "label", "default"])
    let address = RequestBody.address("address", members["address"], "Give the TRON address to save.", &errors)
    let label = AddressChange.label(members["label"], &errors)
    let makesDefault = AddressChange.flag(members["default"], &errors)
    guard errors.isEmpty, let address else { throw .invalid(errors) }
    self.address = address
    self.label = label ?? ""
    self.makesDefault = makesDefault ?? false
  }
}

/// The body of `PATCH /v1/addresses/{address}`, checked: what is left out stays.
struct AddressChange: Sendable, Equatable {
  let label: String?
  let makesDefault: Bool

  /// - Throws: `Problem` 400 when it is no JSON object, 422 with one entry per wrong field.
  init(body: [UInt8]) throws(Problem) {
    let members = try RequestBody.object(body)
    var errors = RequestBody.unknown(in: members, known: ["label", "default"])
    let label = Self.label(members["label"], &errors)
    if let label, label.allSatisfy(\.isWhitespace) {
      errors.append(
        FieldError(
          pointer: "#/label", code: "out_of_range", detail: "The label is empty; give at least one character."))
    }
    let flag = Self.flag(members["default"], &errors)
    if flag == false {
      errors.append(
        FieldError(
          pointer: "#/default", code: "out_of_range",
          detail: "default is false; it can only become true. Make another address the default, or remove this one."))
    }
    if errors.isEmpty, label == nil, flag == nil {
      errors.append(FieldError(pointer: "#", code: "required", detail: "Give label, default or both."))
    }
    guard errors.isEmpty else { throw .invalid(errors) }
    self.label = label
    makesDefault = flag ?? false
  }

  static func label(_ value: JSONValue?, _ errors: inout [FieldError]) -> String? {
    switch value {
    case nil, .null?: return nil
    case .string(let text)?: return text
    case .some:
      errors.append(FieldError(pointer: "#/label", code: "wrong_type", detail: "The label must be a string."))
      return nil
    }
  }

  static func flag(_ value: JSONValue?, _ errors: inout [FieldError]) -> Bool? {
    switch value {
    case nil, .null?: return nil
    case .bool(let flag)?: return flag
    case .some:
      errors.append(FieldError(pointer: "#/default", code: "wrong_type", detail: "default must be true or false."))
      return nil
    }
  }
}
