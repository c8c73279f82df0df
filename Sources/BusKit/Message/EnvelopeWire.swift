import Foundation
import Redis

/// The readable form of an envelope in a stream entry: the same fields in the same order on every entry, so that Redis
/// stores the names once per node.
extension Envelope {
  /// The longest of the fields beside the body.
  static let fieldBytesMax = 16 * 1024
  /// 31 December 9999: an hour later dates have five digits.
  static let createdMillisecondsMax: Int64 = 253_402_300_799_999
  /// A hundred years.
  static let timeToLiveMillisecondsMax: Int64 = 3_155_760_000_000

  var wireFields: [RedisWord] {
    [
      "id", .init(id.text), "type", .init(type), "ver", .init(version), "key", .init(key),
      "ts", .init(createdMilliseconds),
      "ttl", timeToLive.map { .init($0.milliseconds) } ?? "",
      "cor", .init(correlation), "cau", .init(causation), "tp", .init(traceparent), "rt", .init(replyTo),
      "ct", .init(contentType), "body", .init(body),
    ]
  }

  /// Kept within what can be read again.
  var createdMilliseconds: Int64 {
    let milliseconds = (createdAt.timeIntervalSince1970 * 1000).rounded()
    return milliseconds > 0 ? Int64(min(milliseconds, Double(Self.createdMillisecondsMax))) : 0
  }

  /// Reads a stream entry. Throws `DecodingFailure` with the field that is wrong: such an entry is dead-lettered, never
  /// retried. Fields that it does not know are not looked at.
  init(wire fields: [RedisValue]) throws {
    let wire = WireFields(fields)
    let idText = try wire.bytes("id", 0)
    guard let id = idText.withUnsafeBufferPointer({ UUID(text: $0) }) else { throw WireFields.failure("id", idText) }
    guard let body = wire.find("body", 11) else { throw DecodingFailure(field: "body", value: "missing") }
    guard body.count <= Self.bodyBytesMax else {
      throw DecodingFailure(field: "body", value: "\(body.count) bytes; the most is \(Self.bodyBytesMax)")
    }
    let timeToLive = try wire.bytes("ttl", 5, or: [])
    let lifetime = -Self.timeToLiveMillisecondsMax...Self.timeToLiveMillisecondsMax
    let created = try WireFields.number("ts", wire.bytes("ts", 4), in: 0...Self.createdMillisecondsMax)
    self.init(
      id: id, type: try wire.text("type", 1),
      version: Int(try WireFields.number("ver", wire.bytes("ver", 2), in: 1...Int64(Int32.max))),
      key: try wire.text("key", 3), createdAt: Date(timeIntervalSince1970: Double(created) / 1000),
      timeToLive: timeToLive.isEmpty ? nil : .milliseconds(try WireFields.number("ttl", timeToLive, in: lifetime)),
      correlation: try wire.text("cor", 6, or: ""), causation: try wire.text("cau", 7, or: ""),
      traceparent: try wire.text("tp", 8, or: ""), replyTo: try wire.text("rt", 9, or: ""),
      contentType: try wire.text("ct", 10, or: "application/json"), body: body)
  }
}

/// Names and values in turn, as Redis gives them. Each name is first looked for where `wireFields` puts it.
private struct WireFields {
  private let fields: [RedisValue]
  init(_ fields: [RedisValue]) { self.fields = fields }

  func find(_ name: StaticString, _ place: Int) -> [UInt8]? {
    let usual = 2 * place
    if usual + 1 < fields.count, isName(usual, name), case .bulk(let value) = fields[usual + 1] { return value }
    return search(name)
  }

  @inline(never)
  private func search(_ name: StaticString) -> [UInt8]? {
    for index in stride(from: 0, to: fields.count - 1, by: 2) where isName(index, name) {
      return fields[index + 1].bytes
    }
    return nil
  }

  @inline(__always)
  private func isName(_ index: Int, _ name: StaticString) -> Bool {
    guard case .bulk(let bytes) = fields[index], bytes.count == name.utf8CodeUnitCount else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      for place in 0..<bytes.count where bytes[place] != name.utf8Start[place] { return false }
      return true
    }
  }

  /// - Parameter absent: what to take where an older release has left the field out.
  func bytes(_ name: StaticString, _ place: Int, or absent: [UInt8]? = nil) throws -> [UInt8] {
    guard let bytes = find(name, place) ?? absent else { throw DecodingFailure(field: "\(name)", value: "missing") }
    try Self.check(name, bytes)
    return bytes
  }

  @inline(__always)
  private static func check(_ name: StaticString, _ bytes: [UInt8]) throws {
    guard bytes.count <= Envelope.fieldBytesMax else {
      throw DecodingFailure(field: "\(name)", value: "\(bytes.count) bytes; the most is \(Envelope.fieldBytesMax)")
    }
  }

  func text(_ name: StaticString, _ place: Int, or absent: String? = nil) throws -> String {
    guard let bytes = find(name, place) else {
      guard let absent else { throw DecodingFailure(field: "\(name)", value: "missing") }
      return absent
    }
    try Self.check(name, bytes)
    guard let text = bytes.withUnsafeBufferPointer({ JSONText.string($0) }) else { throw Self.failure(name, bytes) }
    return text
  }

  /// Decimal digits, with a minus at most.
  static func number(_ name: StaticString, _ bytes: [UInt8], in range: ClosedRange<Int64>) throws -> Int64 {
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = bytes.count - (isNegative ? 1 : 0)
    // Eighteen digits cannot overflow.
    guard 1...18 ~= digits else { throw failure(name, bytes) }
    var number: Int64 = 0
    for byte in bytes.suffix(digits) {
      guard 0x30...0x39 ~= byte else { throw failure(name, bytes) }
      number = number * 10 + Int64(byte - 0x30)
    }
    if isNegative { number = -number }
    guard range ~= number else {
      throw DecodingFailure(field: "\(name)", value: "\(number) is not in \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  static func failure(_ name: StaticString, _ bytes: [UInt8]) -> DecodingFailure {
    let isText = String(validating: bytes, as: UTF8.self) != nil
    return DecodingFailure(
      field: "\(name)", value: isText ? String(decoding: bytes.prefix(200), as: UTF8.self) : "not UTF-8")
  }
}
