/// A W3C trace context (`traceparent`, version 00): which trace, which span of it, and whether it is sampled.
public struct TraceContext: Sendable, Equatable {
  /// The trace that the present task works for: what it publishes or asks carries it on.
  @TaskLocal public static var current: String?

  /// 32 hexadecimal digits, not all zero.
  public let traceID: String
  /// 16 hexadecimal digits, not all zero.
  public let spanID: String
  /// Bit 0: sampled.
  public let flags: UInt8

  /// Reads `00-<trace>-<span>-<flags>`; nil when it is anything else. Of a later version the first four fields count.
  public init?(traceparent: String) {
    let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].count == 2, parts[0] != "ff", parts[0] == "00" ? parts.count == 4 : true,
      Self.isID(parts[1], 32), Self.isID(parts[2], 16), parts[3].count == 2, let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    traceID = String(parts[1])
    spanID = String(parts[2])
    self.flags = flags
  }

  private init(traceID: String, spanID: String, flags: UInt8) {
    self.traceID = traceID
    self.spanID = spanID
    self.flags = flags
  }

  /// The first span of a new trace.
  public static func root() -> TraceContext {
    TraceContext(traceID: randomHex(16), spanID: randomHex(8), flags: 1)
  }

  /// A new span of the same trace.
  public func child() -> TraceContext { TraceContext(traceID: traceID, spanID: Self.randomHex(8), flags: flags) }

  /// The header's value.
  public var traceparent: String { "00-\(traceID)-\(spanID)-\(flags < 16 ? "0" : "")\(String(flags, radix: 16))" }

  private static func isID(_ text: some StringProtocol, _ count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
      && text.utf8.contains { $0 != 48 }
  }

  private static func randomHex(_ bytes: Int) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var random = SystemRandomNumberGenerator()
    return String(
      decoding: (0..<2 * bytes).map { index in
        // The first digit is never 0: an id of zeros is none.
        digits[Int(random.next(upperBound: UInt64(index == 0 ? 15 : 16))) + (index == 0 ? 1 : 0)]
      }, as: UTF8.self)
  }
}
