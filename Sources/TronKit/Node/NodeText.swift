/// Texts of nodes are UTF-8 with `visible`, hexadecimal without, and some gateways do either.
enum NodeText {
  /// The readable form: decoded where all of it is hexadecimal of printable text.
  static func readable(_ text: String) -> String {
    guard text.utf8.count >= 8 else { return text }
    let bytes: [UInt8]
    do throws(HexError) { bytes = try Hex.decode(text) } catch { return text }
    guard let decoded = String(validating: bytes, as: UTF8.self), decoded.allSatisfy({ $0 >= " " }) else { return text }
    return decoded
  }
}
