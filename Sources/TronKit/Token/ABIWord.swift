/// One of the 32-byte words of which call data, answers and event logs of smart contracts are made.
public struct ABIWord: Hashable, Sendable {
  /// 32 bytes, big-endian.
  public let bytes: [UInt8]

  /// Takes 32 bytes.
  /// - Throws: `abi_malformed`.
  public init(bytes: some Collection<UInt8>) throws(ABIError) {
    guard bytes.count == 32 else { throw .malformed("a word has 32 bytes, not \(bytes.count)") }
    self.bytes = Array(bytes)
  }

  /// A uint256.
  /// - Throws: `abi_malformed` for a negative number.
  public init(_ number: Int64) throws(ABIError) {
    guard number >= 0 else { throw .malformed("\(number) is negative, and uint256 is not") }
    bytes = [UInt8](repeating: 0, count: 24) + (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  /// An address, whose 0x41 is left out.
  public init(_ address: TronAddress) {
    bytes = [UInt8](repeating: 0, count: 12) + address.bytes.dropFirst()
  }

  /// Cuts bytes into words.
  /// - Throws: `abi_malformed` unless their number is a multiple of 32.
  public static func words(of bytes: some Collection<UInt8>) throws(ABIError) -> [ABIWord] {
    guard bytes.count % 32 == 0 else { throw .malformed("\(bytes.count) bytes are not a whole number of words of 32") }
    let all = Array(bytes)
    var words: [ABIWord] = []
    for start in stride(from: 0, to: all.count, by: 32) { words.append(try ABIWord(bytes: all[start..<start + 32])) }
    return words
  }

  /// The word as a uint256.
  /// - Throws: `token_amount_too_large`, which names the number, for one of 2^63 and above.
  public func integer() throws(ABIError) -> Int64 {
    guard bytes[..<24].allSatisfy({ $0 == 0 }), bytes[24] < 0x80 else { throw .doesNotFit(decimal) }
    return bytes[24...].reduce(0) { $0 << 8 | Int64($1) }
  }

  /// The word as an address. Some wallets leave the 0x41 in front of it, which the chain passes over.
  /// - Throws: `abi_not_an_address` when anything else is there.
  public func address() throws(ABIError) -> TronAddress {
    guard bytes[..<11].allSatisfy({ $0 == 0 }), bytes[11] == 0 || bytes[11] == TronAddress.prefix else {
      throw .notAnAddress(Hex.encode(bytes))
    }
    return TronAddress(hash: Array(bytes[12...]))
  }

  /// The word as a uint256, of whatever size.
  public var decimal: String {
    // Long division by the largest power of ten of a 32-bit word.
    var digits = bytes.map { UInt64($0) }
    var parts: [String] = []
    while digits.contains(where: { $0 != 0 }) {
      var rest: UInt64 = 0
      for index in digits.indices {
        let value = rest << 8 | digits[index]
        digits[index] = value / 1_000_000_000
        rest = value % 1_000_000_000
      }
      parts.append(String(rest))
    }
    guard let first = parts.popLast() else { return "0" }
    return first + parts.reversed().map { String(repeating: "0", count: 9 - $0.count) + $0 }.joined()
  }
}

extension ABIWord: CustomStringConvertible {
  public var description: String { Hex.encode(bytes) }
}
