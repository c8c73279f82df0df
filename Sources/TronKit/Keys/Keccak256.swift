/// Keccak-256 as TRON and Ethereum use it: the original padding (0x01), not SHA3-256's (0x06).
public enum Keccak256 {
  /// Bytes absorbed per permutation: 1600 bits less twice the 256 of the digest.
  private static let rate = 136

  public static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var state = [UInt64](repeating: 0, count: 25)
    var position = 0
    for byte in bytes {
      state[position / 8] ^= UInt64(byte) << UInt64(position % 8 * 8)
      position += 1
      if position == rate {
        permute(&state)
        position = 0
      }
    }
    state[position / 8] ^= 0x01 << UInt64(position % 8 * 8)
    state[(rate - 1) / 8] ^= 0x80 << 56
    permute(&state)
    return (0..<32).map { UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64($0 % 8 * 8)) }
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
  private static let rotations: [UInt64] = [
    1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
  ]
  private static let lanes = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1]

  /// Keccak-f[1600], 24 rounds.
  private static func permute(_ a: inout [UInt64]) {
    for constant in roundConstants {
      var parity = Array(a[0..<5])
      for index in 5..<25 { parity[index % 5] ^= a[index] }
      for x in 0..<5 {
        let change = parity[(x + 4) % 5] ^ rotated(parity[(x + 1) % 5], 1)
        for y in stride(from: x, to: 25, by: 5) { a[y] ^= change }
      }
      var moving = a[1]
      for (lane, rotation) in zip(lanes, rotations) {
        (a[lane], moving) = (rotated(moving, rotation), a[lane])
      }
      for y in stride(from: 0, to: 25, by: 5) {
        let row = Array(a[y..<y + 5])
        for x in 0..<5 { a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]) }
      }
      a[0] ^= constant
    }
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}
