import Foundation

extension UUID {
  /// A version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then randomness. Sorts by time, which keeps indexes
  /// compact.
  public static func v7(milliseconds: Int64 = Int64(Date().timeIntervalSince1970 * 1000)) -> UUID {
    var random = SystemRandomNumberGenerator()
    let a = random.next()
    let b = random.next()
    let time = UInt64(max(0, milliseconds))
    return UUID(
      uuid: (
        UInt8(truncatingIfNeeded: time >> 40), UInt8(truncatingIfNeeded: time >> 32),
        UInt8(truncatingIfNeeded: time >> 24), UInt8(truncatingIfNeeded: time >> 16),
        UInt8(truncatingIfNeeded: time >> 8), UInt8(truncatingIfNeeded: time),
        0x70 | UInt8(truncatingIfNeeded: a & 0x0f), UInt8(truncatingIfNeeded: a >> 8),
        0x80 | UInt8(truncatingIfNeeded: b & 0x3f), UInt8(truncatingIfNeeded: b >> 8),
        UInt8(truncatingIfNeeded: b >> 16), UInt8(truncatingIfNeeded: b >> 24),
        UInt8(truncatingIfNeeded: b >> 32), UInt8(truncatingIfNeeded: b >> 40),
        UInt8(truncatingIfNeeded: b >> 48), UInt8(truncatingIfNeeded: b >> 56)
      ))
  }
}
