import Foundation

/// The system's random numbers, fetched 32 at a time: a call into the kernel for each would be the better part of
/// the cost of an identifier.
struct RandomStock {
  private var words = [UInt64](repeating: 0, count: 32)
  private var used = 32

  mutating func next() -> UInt64 {
    if used == words.count { refill() }
    used += 1
    return words[used - 1]
  }

  private mutating func refill() {
    let isFilled = words.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
    }
    if !isFilled {
      var system = SystemRandomNumberGenerator()
      for index in words.indices { words[index] = system.next() }
    }
    used = 0
  }
}
