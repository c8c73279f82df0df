/// The control API is strict where java-tron is lenient: a bad value is an error with a remedy.
extension APIParameters {
  /// `nil` when absent.
  func number(_ name: String, in range: ClosedRange<Int64>) throws(APIError) -> Int64? {
    guard let text = given(name) else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      throw .control(
        status: 400,
        "\(name) '\(text.prefix(64))' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func required(_ name: String, in range: ClosedRange<Int64>) throws(APIError) -> Int64 {
    guard let number = try number(name, in: range) else {
      throw .control(
        status: 400, "\(name) is missing; give a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// More than 0 and at most 1; `nil` when absent.
  func probability(_ name: String) throws(APIError) -> Double? {
    guard let text = given(name) else { return nil }
    guard let number = Double(text), number > 0, number <= 1 else {
      throw .control(status: 400, "\(name) '\(text.prefix(64))' must be more than 0 and at most 1, e.g. 0.05")
    }
    return number
  }

  /// `nil` when absent.
  func account(_ name: String) throws(APIError) -> Address? {
    guard let text = given(name) else { return nil }
    guard let address = Address(text: text) else {
      throw .control(
        status: 400, "\(name) '\(text.prefix(64))' is no TRON address; give base58 (T…) or hex (41…)")
    }
    return address
  }

  private func given(_ name: String) -> String? {
    switch object[name] {
    case .double(let value): "\(value)"
    case .array, .object: "[]"
    default: string(name)
    }
  }
}
