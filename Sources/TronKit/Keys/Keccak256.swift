/// Keccak-256 as TRON and Ethereum use it: the original padding (0x01), not SHA3-256's (0x06).
public enum Keccak256 {
  /// Bytes absorbed per permutation: 1600 bits less twice the 256 of the digest.
  private static let rate = 136

  /// The 32 bytes of the digest.
  public static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { state in
      state.initialize(repeating: 0)
      var position = 0
      for byte in bytes {
        state[position >> 3] ^= UInt64(byte) << UInt64((position & 7) << 3)
        position += 1
        if position == rate {
          permute(state)
          position = 0
        }
      }
      state[position >> 3] ^= 0x01 << UInt64((position & 7) << 3)
      state[(rate - 1) >> 3] ^= 0x80 << 56
      permute(state)
      return (0..<32).map { UInt8(truncatingIfNeeded: state[$0 >> 3] >> UInt64(($0 & 7) << 3)) }
    }
  }

  private static let roundConstants: [UInt64] = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
    0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
  /// Rotation and destination of each lane along the single cycle of ρ and π, from lane 1 on.
  private static let steps: [(lane: Int, rotation: UInt64)] = Array(
    zip(
      [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1],
      [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44]))

  /// Keccak-f[1600], 24 rounds.
  private static func permute(_ a: UnsafeMutableBufferPointer<UInt64>) {
    for constant in roundConstants {
      let p0 = a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20]
      let p1 = a[1] ^ a[6] ^ a[11] ^ a[16] ^ a[21]
      let p2 = a[2] ^ a[7] ^ a[12] ^ a[17] ^ a[22]
      let p3 = a[3] ^ a[8] ^ a[13] ^ a[18] ^ a[23]
      let p4 = a[4] ^ a[9] ^ a[14] ^ a[19] ^ a[24]
      let d0 = p4 ^ rotated(p1, 1)
      let d1 = p0 ^ rotated(p2, 1)
      let d2 = p1 ^ rotated(p3, 1)
      let d3 = p2 ^ rotated(p4, 1)
      let d4 = p3 ^ rotated(p0, 1)
      for y in stride(from: 0, to: 25, by: 5) {
        a[y] ^= d0
        a[y + 1] ^= d1
        a[y + 2] ^= d2
        a[y + 3] ^= d3
        a[y + 4] ^= d4
      }
      var moving = a[1]
      for step in steps { (a[step.lane], moving) = (rotated(moving, step.rotation), a[step.lane]) }
      for y in stride(from: 0, to: 25, by: 5) {
        let (b0, b1, b2, b3, b4) = (a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4])
        a[y] = b0 ^ (~b1 & b2)
        a[y + 1] = b1 ^ (~b2 & b3)
        a[y + 2] = b2 ^ (~b3 & b4)
        a[y + 3] = b3 ^ (~b4 & b0)
        a[y + 4] = b4 ^ (~b0 & b1)
      }
      a[0] ^= constant
    }
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}
