/// Lower-case hexadecimal, two digits a byte, without 0x.
public enum Hex {
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads either case.
  /// - Throws: `HexError` for an odd number of digits or another character. It does not repeat the text, which may
  ///   be a key.
  public static func decode(_ text: some StringProtocol) throws(HexError) -> [UInt8] {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { throw HexError(.oddLength(digits.count)) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]) else { throw HexError(.notADigit(position: index)) }
      guard let low = value(digits[index + 1]) else { throw HexError(.notADigit(position: index + 1)) }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Why a text is not hexadecimal.
public struct HexError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case oddLength(Int)
    /// Counted in UTF-8 bytes from 0.
    case notADigit(position: Int)
  }

  public let reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  public var description: String {
    switch reason {
    case .oddLength(let count): "hexadecimal needs two digits a byte, but there are \(count) characters"
    case .notADigit(let position): "the character at position \(position + 1) is not a hexadecimal digit (0-9, a-f)"
    }
  }
}
