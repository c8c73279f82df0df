import Synchronization

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

  private static let random = Mutex(RandomStock())

  /// So many bytes (8 or 16) as digits. Every message of a batch has its span: a call into the kernel for each of them
  /// would cost more than the rest of its way.
  private static func randomHex(_ bytes: Int) -> String {
    let words = random.withLock { ($0.next(), $0.next()) }
    return String(unsafeUninitializedCapacity: 2 * bytes) { target in
      for index in 0..<bytes {
        // The first byte is never 0: an id of zeros is none.
        let byte = UInt8(truncatingIfNeeded: (index < 8 ? words.0 : words.1) >> (index % 8 * 8)) | (index == 0 ? 1 : 0)
        target[2 * index] = Hexadecimal.lower(byte >> 4)
        target[2 * index + 1] = Hexadecimal.lower(byte & 15)
      }
      return 2 * bytes
    }
  }
}
