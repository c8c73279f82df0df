import Synchronization

/// SplitMix64: small, fast, and the same everywhere.
final class SeededRandom: Sendable {
  private let state: Mutex<UInt64>

  init(_ seed: UInt64) { state = Mutex(seed) }

  func next() -> UInt64 {
    state.withLock { state in
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  /// In 0 ..< 1.
  func nextUnit() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
