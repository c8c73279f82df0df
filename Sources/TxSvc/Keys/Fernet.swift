import Crypto
import CryptoExtras
import Foundation

/// Fernet tokens exactly as published (github.com/fernet/spec): version 0x80, 64-bit time, AES-128-CBC with PKCS #7
/// padding, HMAC-SHA256 over all before it, in base64url with padding.
struct Fernet: Sendable {
  enum Failure: Error, Equatable, CustomStringConvertible {
    case badKey
    case badToken(String)
    case expired

    var description: String {
      switch self {
      case .badKey: "a Fernet key is 32 bytes in base64url, 44 characters"
      case .badToken(let what): "the Fernet token is not valid: \(what)"
      case .expired: "the Fernet token is older than allowed"
      }
    }
  }

  private static let version: UInt8 = 0x80
  private static let headerLength = 9
  private static let blockLength = 16
  private static let codeLength = 32

  private let signingKey: SymmetricKey
  private let encryptionKey: SymmetricKey

  /// 32 bytes in base64url.
  init(key text: String) throws(Failure) {
    guard let bytes = Base64URL.decode(text), bytes.count == 32 else { throw .badKey }
    signingKey = SymmetricKey(data: bytes.prefix(16))
    encryptionKey = SymmetricKey(data: bytes.suffix(16))
  }

  func seal(_ plaintext: [UInt8], at time: Date, iv: [UInt8]? = nil) throws -> String {
    let initial = try AES._CBC.IV(ivBytes: iv ?? Array(AES._CBC.IV()))
    var token: [UInt8] = [Self.version]
    let seconds = UInt64(max(0, time.timeIntervalSince1970))
    for shift in stride(from: 56, through: 0, by: -8) {
      token.append(UInt8(truncatingIfNeeded: seconds >> UInt64(shift)))
    }
    token += Array(initial)
    token += try AES._CBC.encrypt(plaintext, using: encryptionKey, iv: initial)
    token += HMAC<SHA256>.authenticationCode(for: token, using: signingKey)
    return Base64URL.encode(token)
  }

  /// The caller erases what it gets.
  func open(_ text: String, now: Date? = nil, timeToLive: Int? = nil) throws -> [UInt8] {
    guard let token = Base64URL.decode(text) else { throw Failure.badToken("not base64url") }
    let around = Self.headerLength + Self.blockLength + Self.codeLength
    guard token.count >= around, token[0] == Self.version else {
      throw Failure.badToken("too short or another version")
    }
    guard token.count > around, (token.count - around) % Self.blockLength == 0 else {
      throw Failure.badToken("not whole blocks")
    }
    let signed = token.dropLast(Self.codeLength)
    guard
      HMAC<SHA256>.isValidAuthenticationCode(token.suffix(Self.codeLength), authenticating: signed, using: signingKey)
    else { throw Failure.badToken("wrong key or altered") }
    if let now, let timeToLive { try checkAge(token, now, timeToLive) }
    let iv = try AES._CBC.IV(ivBytes: Array(token[Self.headerLength..<Self.headerLength + Self.blockLength]))
    do {
      var clear = try AES._CBC.decrypt(
        signed.dropFirst(Self.headerLength + Self.blockLength), using: encryptionKey, iv: iv)
      defer { clear.resetBytes(in: clear.indices) }
      return [UInt8](clear)
    } catch {
      throw Failure.badToken("wrong padding")
    }
  }

  /// The specification allows a clock that is up to a minute behind.
  private func checkAge(_ token: [UInt8], _ now: Date, _ timeToLive: Int) throws(Failure) {
    let sealedAt = token[1..<Self.headerLength].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let seconds = now.timeIntervalSince1970
    if Double(sealedAt) + Double(timeToLive) < seconds { throw .expired }
    if Double(sealedAt) > seconds + 60 { throw .badToken("sealed in the future") }
  }
}

/// base64url with padding (RFC 4648 §5).
enum Base64URL {
  static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
  }

  /// nil for anything else, the plain alphabet of base64 included.
  static func decode(_ text: String) -> [UInt8]? {
    guard !text.contains("+"), !text.contains("/") else { return nil }
    let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    return Data(base64Encoded: plain).map { [UInt8]($0) }
  }
}
