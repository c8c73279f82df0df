import Glibc
import Foundation

/// What is looked for: a secret or a planted text, in every form in which it could lie around.
struct SearchTerm: Sendable {
  let forms: [(name: String, bytes: [UInt8])]

  static func secret(_ bytes: [UInt8]) -> SearchTerm {
    let hex = bytes.map { String(format: "%02x", $0) }.joined()
    // Unpadded, so that either padding is found.
    let base64 = Data(bytes).base64EncodedString().replacing("=", with: "")
    let urlSafe = base64.replacing("+", with: "-").replacing("/", with: "_")
    let texts = [("hex", hex), ("HEX", hex.uppercased()), ("base64", base64), ("base64url", urlSafe)]
    return SearchTerm(forms: [("raw", bytes)] + texts.map { ($0.0, Array($0.1.utf8)) })
  }

  static func text(_ text: String) -> SearchTerm { SearchTerm(forms: [("text", Array(text.utf8))]) }

  /// The longest form, in bytes: how much two pieces of a large place must overlap.
  var lengthMax: Int { forms.map(\.bytes.count).max() ?? 0 }

  /// The name of the first form that the bytes hold.
  func found(in place: UnsafeRawBufferPointer) -> String? {
    guard let base = place.baseAddress else { return nil }
    // Most memory is zero, and looking for that is quick.
    if place.count > 1, memcmp(base, base + 1, place.count - 1) == 0 { return nil }
    return forms.first { form in
      form.bytes.withUnsafeBytes { Self.memmem(base, place.count, $0.baseAddress ?? base, $0.count) != nil }
    }?.name
  }

  /// The C library's own, which Swift's import leaves out because it is an extension: gigabytes are searched.
  private static let memmem: Memmem = {
    guard let symbol = dlsym(nil, "memmem") else { preconditionFailure("the C library has no memmem") }
    return unsafeBitCast(symbol, to: Memmem.self)
  }()
  private typealias Memmem = @convention(c) (UnsafeRawPointer, Int, UnsafeRawPointer, Int) -> UnsafeRawPointer?

  func found(in bytes: [UInt8]) -> String? { bytes.withUnsafeBytes { found(in: $0) } }
}
