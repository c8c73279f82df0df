import Synchronization

/// A seeded generator that works running beside each other draw from.
final class SeededRandom: Sendable {
  private let generator: Mutex<SplitMix64>

  init(_ seed: UInt64) { generator = Mutex(SplitMix64(seed: seed)) }

  /// In 0 ..< 1.
  func nextUnit() -> Double { Double(generator.withLock { $0.next() } >> 11) / Double(1 << 53) }
}
