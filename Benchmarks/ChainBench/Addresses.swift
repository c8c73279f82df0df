import BenchKit
import TronKit

/// How many addresses are read in a second, checksum and all.
enum Addresses {
  @Sendable static func measure() throws -> [Figure] {
    let texts = try (0..<1_000).map { _ in try PrivateKey.generate().address.base58 }
    let rates = try Rounds.rates(
      rounds: 9, calls: 100_000,
      [
        { calls in
          var sum = 0
          for call in 0..<calls { sum &+= Int(try TronAddress(parsing: texts[call % texts.count]).bytes[20]) }
          return sum
        }
      ])
    return [Figure("address_parse_per_second", rates[0], goal: ">= 500000")]
  }
}
