import Foundation

/// `Double` and `Float`, whose shortest exact text `description` gives.
protocol JSONFloatingPoint: BinaryFloatingPoint, CustomStringConvertible, LosslessStringConvertible, Sendable {}
extension Double: JSONFloatingPoint {}
extension Float: JSONFloatingPoint {}

extension JSONTree {
  mutating func encodeNil(at entry: Int) throws { try scalar(at: entry) { $0.append("null") } }

  mutating func write(_ value: Bool, at entry: Int) throws {
    try scalar(at: entry) { $0.append(value ? "true" : "false") }
  }

  mutating func write(_ value: String, at entry: Int) throws { try scalar(at: entry) { $0.append(quoted: value) } }

  mutating func write<T: FixedWidthInteger>(_ value: T, at entry: Int) throws {
    if T.bitWidth > 64 { return try scalar(at: entry) { $0.append(String(value)) } }
    try scalar(at: entry) {
      $0.append(decimal: UInt64(truncatingIfNeeded: value.magnitude), isNegative: value < 0)
    }
  }

  mutating func write<T: JSONFloatingPoint>(_ value: T, at entry: Int) throws {
    guard value.isFinite else { throw invalid(value, "\(value) has no form in JSON; encode a finite number", entry) }
    var text = value.description
    if text.hasSuffix(".0") { text.removeLast(2) }
    try scalar(at: entry) { $0.append(text) }
  }

  mutating func write(_ value: Data, at entry: Int) throws {
    try scalar(at: entry) { bytes in value.withUnsafeBytes { bytes.append(base64: $0) } }
  }

  mutating func write(_ value: Decimal, at entry: Int) throws {
    guard !value.isNaN else { throw invalid(value, "a Decimal that is no number has no form in JSON", entry) }
    try scalar(at: entry) { $0.append(value.description) }
  }

  mutating func write(_ value: UUID, at entry: Int) throws {
    try scalar(at: entry) { bytes in
      bytes.append(most: UUID.textLength + 2) {
        $0[0] = UInt8(ascii: "\"")
        value.writeText(to: $0 + 1, uppercase: true)
        $0[UUID.textLength + 1] = UInt8(ascii: "\"")
        return UUID.textLength + 2
      }
    }
  }

  mutating func write(_ value: Date, at entry: Int) throws {
    if let timestamp = Timestamp(value) {
      return try scalar(at: entry) { bytes in
        bytes.append(most: Timestamp.textLength + 2) {
          $0[0] = UInt8(ascii: "\"")
          timestamp.write(to: $0 + 1)
          $0[Timestamp.textLength + 1] = UInt8(ascii: "\"")
          return Timestamp.textLength + 2
        }
      }
    }
    guard let text = Timestamp.unusual(value) else {
      // Not the date itself: printing one that is no number ends the process.
      let seconds = value.timeIntervalSince1970
      throw invalid(seconds, "a date \(seconds) s from 1970 cannot be written; encode one of the years 1 to 300,000", entry)
    }
    try write(text, at: entry)
  }

  @inline(never)
  private func invalid(_ value: Any, _ reason: String, _ entry: Int) -> EncodingError {
    .invalidValue(value, .init(codingPath: path(of: entry), debugDescription: reason))
  }
}
