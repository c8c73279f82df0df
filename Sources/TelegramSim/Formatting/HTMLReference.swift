/// Character references of Telegram's HTML dialect.
enum HTMLReference {
  private static let named: [String: Unicode.Scalar] = ["lt": "<", "gt": ">", "amp": "&", "quot": "\""]

  /// Reads a reference that starts with the ampersand at `start`; nil when there is none. Longer than 10 bytes is none.
  static func read(_ bytes: [UInt8], at start: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    guard bytes[start] == UInt8(ascii: "&") else { return nil }
    let limit = min(bytes.count, start + 11)
    guard let end = bytes[start..<limit].firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    if let scalar = named[name] { return (scalar, end + 1) }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let hex = digits.hasPrefix("x") || digits.hasPrefix("X")
    let code = hex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    guard let code, code != 0, let scalar = Unicode.Scalar(code) else { return nil }
    return (scalar, end + 1)
  }
}
