import Foundation
import Redis

/// The readable form of an envelope in a stream entry: the same fields in the same order on every entry, so that Redis
/// stores the names once per node.
extension Envelope {
  /// The longest of the fields beside the body.
  static let fieldBytesMax = 16 * 1024
  /// 31 December 9999: an hour later dates have five digits.
  private static let createdMillisecondsMax: Int64 = 253_402_300_799_999
  /// A hundred years.
  private static let timeToLiveMillisecondsMax: Int64 = 3_155_760_000_000

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
  private var createdMilliseconds: Int64 {
    let milliseconds = (createdAt.timeIntervalSince1970 * 1000).rounded()
    return milliseconds > 0 ? Int64(min(milliseconds, Double(Self.createdMillisecondsMax))) : 0
  }

  /// Reads a stream entry. Throws `DecodingFailure` with the field that is wrong: such an entry is dead-lettered, never
  /// retried. Fields that it does not know are not looked at.
  init(wire fields: [RedisValue]) throws {
    let wire = WireFields(fields)
    let idText = try wire.bytes("id", 0)
    guard let id = idText.withUnsafeBufferPointer({ UUID(text: $0) }) else { throw WireFields.failure("id", idText) }
    guard let body = wire.find("body", 11)?.bytes else { throw DecodingFailure(field: "body", value: "missing") }
    guard body.count <= Self.bodyBytesMax else {
      throw DecodingFailure(field: "body", value: "\(body.count) bytes; the most is \(Self.bodyBytesMax)")
    }
    let created = try wire.number("ts", 4, in: 0...Self.createdMillisecondsMax)
    let lifetime = -Self.timeToLiveMillisecondsMax...Self.timeToLiveMillisecondsMax
    self.init(
      id: id, type: try wire.text("type", 1), version: Int(try wire.number("ver", 2, in: 1...Int64(Int32.max))),
      key: try wire.text("key", 3), createdAt: Date(timeIntervalSince1970: Double(created) / 1000),
      timeToLive: try wire.isEmpty("ttl", 5) ? nil : .milliseconds(try wire.number("ttl", 5, in: lifetime)),
      correlation: try wire.text("cor", 6, or: ""), causation: try wire.text("cau", 7, or: ""),
      traceparent: try wire.text("tp", 8, or: ""), replyTo: try wire.text("rt", 9, or: ""),
      contentType: try wire.text("ct", 10, or: "application/json"), body: body)
  }
}

/// Names and values in turn, as Redis gives them. Each name is first looked for where `wireFields` puts it.
private struct WireFields {
  private let fields: [RedisValue]
  init(_ fields: [RedisValue]) { self.fields = fields }

  func find(_ name: StaticString, _ place: Int) -> RedisValue? {
    if 2 * place + 1 < fields.count, Self.isName(fields[2 * place], name) { return fields[2 * place + 1] }
    for index in stride(from: 0, to: fields.count - 1, by: 2) where Self.isName(fields[index], name) {
      return fields[index + 1]
    }
    return nil
  }

  private static func isName(_ value: RedisValue, _ name: StaticString) -> Bool {
    guard let bytes = value.bytes, bytes.count == name.utf8CodeUnitCount else { return false }
    return bytes.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  func bytes(_ name: StaticString, _ place: Int) throws -> [UInt8] {
    guard let bytes = find(name, place)?.bytes else { throw DecodingFailure(field: "\(name)", value: "missing") }
    guard bytes.count <= Envelope.fieldBytesMax else {
      throw DecodingFailure(
        field: "\(name)", value: "\(bytes.count) bytes; the most is \(Envelope.fieldBytesMax)")
    }
    return bytes
  }

  func text(_ name: StaticString, _ place: Int) throws -> String {
    let bytes = try bytes(name, place)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.failure(name, bytes) }
    return text
  }

  /// Older releases may have left it out.
  func text(_ name: StaticString, _ place: Int, or absent: String) throws -> String {
    find(name, place) == nil ? absent : try text(name, place)
  }

  func isEmpty(_ name: StaticString, _ place: Int) throws -> Bool {
    try find(name, place) == nil || bytes(name, place).isEmpty
  }

  /// Decimal digits, with a sign at most.
  func number(_ name: StaticString, _ place: Int, in range: ClosedRange<Int64>) throws -> Int64 {
    let bytes = try bytes(name, place)
    let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
    // Eighteen digits cannot overflow.
    guard 1...18 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { throw Self.failure(name, bytes) }
    let magnitude = digits.reduce(into: Int64(0)) { $0 = $0 * 10 + Int64($1 - 0x30) }
    let number = digits.count == bytes.count ? magnitude : -magnitude
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
