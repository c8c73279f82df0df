/// Keccak-256 with the original padding (0x01), not SHA3-256's (0x06). TRON addresses are made with it.
enum Keccak256 {
  private static let rate = 136

  static func hash(_ message: [UInt8]) -> [UInt8] {
    var padded = message
    padded.append(0x01)
    while !padded.count.isMultiple(of: rate) { padded.append(0) }
    padded[padded.count - 1] |= 0x80

    var lanes = [UInt64](repeating: 0, count: 25)
    for block in stride(from: 0, to: padded.count, by: rate) {
      for lane in 0..<(rate / 8) {
        var word: UInt64 = 0
        for byte in (0..<8).reversed() { word = word << 8 | UInt64(padded[block + lane * 8 + byte]) }
        lanes[lane] ^= word
      }
      permute(&lanes)
    }
    return lanes.prefix(4).flatMap { lane in (0..<8).map { UInt8(truncatingIfNeeded: lane >> (8 * UInt64($0))) } }
  }

  private static func permute(_ a: inout [UInt64]) {
    var column = [UInt64](repeating: 0, count: 5)
    for constant in roundConstants {
      for x in 0..<5 { column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] }
      for x in 0..<5 {
        let d = column[(x + 4) % 5] ^ rotate(column[(x + 1) % 5], 1)
        for y in 0..<5 { a[x + 5 * y] ^= d }
      }
      var moved = a[1]
      for step in 0..<24 {
        let target = lanePositions[step]
        let kept = a[target]
        a[target] = rotate(moved, rotations[step])
        moved = kept
      }
      for y in stride(from: 0, to: 25, by: 5) {
        for x in 0..<5 { column[x] = a[y + x] }
        for x in 0..<5 { a[y + x] = column[x] ^ (~column[(x + 1) % 5] & column[(x + 2) % 5]) }
      }
      a[0] ^= constant
    }
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }

  /// Rho's offsets and pi's lane order, walked together from lane 1 (FIPS 202, 3.2.2 and 3.2.3).
  private static let rotations: [UInt64] = [
    1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
  ]
  private static let lanePositions = [
    10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
  ]
  private static let roundConstants: [UInt64] = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
    0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
}
