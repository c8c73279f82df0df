import Foundation

extension JSONDocument {
  /// Decodes any type: what has a form of its own in JSON directly, everything else by its own `init(from:)`.
  func decode<T: Decodable>(_ type: T.Type, at index: Int) throws -> T {
    // The casts are safe because the types were just compared.
    if T.self == String.self { return unsafeBitCast(try string(index), to: T.self) }
    if T.self == Date.self { return unsafeBitCast(try date(index), to: T.self) }
    if T.self == UUID.self { return unsafeBitCast(try uuid(index), to: T.self) }
    if T.self == Int64.self { return unsafeBitCast(try integer(Int64.self, index), to: T.self) }
    if T.self == Int.self { return unsafeBitCast(try integer(Int.self, index), to: T.self) }
    if T.self == Data.self { return unsafeBitCast(try data(index), to: T.self) }
    if T.self == URL.self { return unsafeBitCast(try url(index), to: T.self) }
    if T.self == Decimal.self { return unsafeBitCast(try decimal(index), to: T.self) }
    return try T(from: JSONValueDecoder(document: self, token: index))
  }

  @inline(__always)
  func isNull(_ index: Int) -> Bool { token(index).kind == .null }

  func bool(_ index: Int) throws -> Bool {
    switch token(index).kind {
    case .true: true
    case .false: false
    default: throw mismatch(Bool.self, index)
    }
  }

  @inline(__always)
  func string(_ index: Int) throws -> String {
    let token = token(index)
    guard token.kind == .string else { throw mismatch(String.self, index) }
    return text(token)
  }

  private func date(_ index: Int) throws -> Date {
    let token = token(index)
    guard token.kind == .string else { throw mismatch(Date.self, index) }
    if let timestamp = withText(of: token, { Timestamp($0) }) { return timestamp.date }
    guard let date = Timestamp.date(text(token)) else { throw corrupted("is not an ISO 8601 date", index) }
    return date
  }

  private func uuid(_ index: Int) throws -> UUID {
    let token = token(index)
    guard token.kind == .string else { throw mismatch(UUID.self, index) }
    if let uuid = withText(of: token, { UUID(text: $0) }) { return uuid }
    // Foundation allows what RFC 9562 does not, and an escape may stand for a digit.
    guard let uuid = UUID(uuidString: text(token)) else { throw corrupted("is not a UUID", index) }
    return uuid
  }

  private func data(_ index: Int) throws -> Data {
    guard let data = Data(base64Encoded: try string(index)) else { throw corrupted("is not base64", index) }
    return data
  }

  private func url(_ index: Int) throws -> URL {
    guard let url = URL(string: try string(index)) else { throw corrupted("is not a URL", index) }
    return url
  }

  // MARK: - Numbers

  private func number(_ type: Any.Type, _ index: Int) throws -> JSONToken {
    let token = token(index)
    guard token.kind == .number else { throw mismatch(type, index) }
    return token
  }

  /// The exact value, however it is written: `1.0` and `1e3` are integers, and nothing is rounded to one.
  @inline(__always)
  func integer<T: FixedWidthInteger>(_ type: T.Type, _ index: Int) throws -> T {
    let token = try number(type, index)
    if T.bitWidth <= 64, token.flags.contains(.integer), token.text.count <= 19 {
      // Nineteen characters are less than 2^64.
      let value = withText(of: token) { digits in
        var value: UInt64 = 0
        let isNegative = digits.first == UInt8(ascii: "-")
        for digit in isNegative ? digits.dropFirst() : digits[...] { value = value &* 10 &+ UInt64(digit &- 0x30) }
        return isNegative ? value <= UInt64(Int64.max) ? T(exactly: -Int64(value)) : nil : T(exactly: value)
      }
      if let value { return value }
    }
    return try longInteger(type, token, index)
  }

  @inline(never)
  private func longInteger<T: FixedWidthInteger>(_ type: T.Type, _ token: JSONToken, _ index: Int) throws -> T {
    let value = withText(of: token) { text in
      token.flags.contains(.integer) ? T(String(decoding: text, as: UTF8.self)) : JSONNumber(text)?.integer(T.self)
    }
    guard let value else { throw corrupted("does not fit into \(type)", index) }
    return value
  }

  /// The nearest value. What is too large for the type, or so small that only zero is left, is refused.
  func floatingPoint<T: JSONFloatingPoint>(_ type: T.Type, _ index: Int) throws -> T {
    let token = try number(type, index)
    return try withText(of: token) { text -> Result<T, DecodingError> in
      if T.self == Double.self, let value = JSONNumber(text)?.exactDouble { return .success(T(value)) }
      guard let value = T(String(decoding: text, as: UTF8.self)), value.isFinite,
        value != 0 || !text.prefix(while: { $0 | 0x20 != UInt8(ascii: "e") }).contains(where: { 0x31...0x39 ~= $0 })
      else { return .failure(corrupted("does not fit into \(type)", index)) }
      return .success(value)
    }.get()
  }

  private func decimal(_ index: Int) throws -> Decimal {
    let token = try number(Decimal.self, index)
    guard let value = Decimal(string: text(token)), value.isFinite else {
      throw corrupted("does not fit into Decimal", index)
    }
    return value
  }
}
