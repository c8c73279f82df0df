import Foundation

extension UUID {
  static let textLength = 36

  /// Lower-case text, the form used on the wire and in URLs.
  public var text: String {
    String(unsafeUninitializedCapacity: Self.textLength) { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      writeText(to: base, uppercase: false)
      return Self.textLength
    }
  }

  /// Writes `textLength` bytes: 8-4-4-4-12 digits.
  func writeText(to target: UnsafeMutablePointer<UInt8>, uppercase: Bool) {
    withUnsafeBytes(of: uuid) { bytes in
      var place = 0
      for index in 0..<16 {
        if Self.isAfterHyphen(index) {
          target[place] = UInt8(ascii: "-")
          place += 1
        }
        let (high, low) = (bytes[index] >> 4, bytes[index] & 15)
        target[place] = uppercase ? Hexadecimal.upper(high) : Hexadecimal.lower(high)
        target[place + 1] = uppercase ? Hexadecimal.upper(low) : Hexadecimal.lower(low)
        place += 2
      }
    }
  }

  /// Reads 8-4-4-4-12 digits of either case; nil for anything else.
  init?(text: UnsafeBufferPointer<UInt8>) {
    guard text.count == Self.textLength else { return nil }
    var bytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    let isRead = withUnsafeMutableBytes(of: &bytes) { bytes in
      var place = 0
      for index in 0..<16 {
        if Self.isAfterHyphen(index) {
          guard text[place] == UInt8(ascii: "-") else { return false }
          place += 1
        }
        guard let high = Hexadecimal.value(text[place]), let low = Hexadecimal.value(text[place + 1]) else {
          return false
        }
        bytes[index] = high << 4 | low
        place += 2
      }
      return true
    }
    guard isRead else { return nil }
    self.init(uuid: bytes)
  }

  @inline(__always)
  private static func isAfterHyphen(_ index: Int) -> Bool { index == 4 || index == 6 || index == 8 || index == 10 }
}
