import Crypto
import CryptoExtras
import Foundation
import TronKit

/// Fernet tokens exactly as published (github.com/fernet/spec): version 0x80, 64-bit time, AES-128-CBC with PKCS #7
/// padding, HMAC-SHA256 over all before it, in base64url with padding.
///
/// What is inside a token is in clear in locked memory only. That is why the blocks are chained here: the library's CBC
/// copies the clear text about and does not zero the copies.
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
  /// A supplier key's token has 140 characters; nothing here comes near this.
  private static let clearMax = 4096

  private let signingKey: SymmetricKey
  private let encryptionKey: SymmetricKey

  /// - Parameter text: 32 bytes in base64url. The caller erases it.
  init(key text: some BidirectionalCollection<UInt8>) throws(Failure) {
    guard text.count == 44, var bytes = Base64URL.decode(text) else { throw .badKey }
    defer { Erasure.erase(&bytes) }
    guard bytes.count == 32 else { throw .badKey }
    (signingKey, encryptionKey) = bytes.withUnsafeBytes { buffer in
      (
        SymmetricKey(data: UnsafeRawBufferPointer(rebasing: buffer[..<16])),
        SymmetricKey(data: UnsafeRawBufferPointer(rebasing: buffer[16...]))
      )
    }
  }

  // MARK: - Sealing

  /// - Parameter iv: 16 random bytes unless a test gives others.
  func seal(_ clear: UnsafeRawBufferPointer, at time: Date, iv: [UInt8]? = nil) throws -> String {
    guard clear.count <= Self.clearMax else { throw Failure.badToken("\(clear.count) bytes do not belong into one") }
    let iv = iv ?? Array(AES._CBC.IV())
    guard iv.count == Self.blockLength else { throw Failure.badToken("an IV has 16 bytes, not \(iv.count)") }
    var token: [UInt8] = [Self.version]
    let seconds = UInt64(max(0, time.timeIntervalSince1970))
    for shift in stride(from: 56, through: 0, by: -8) {
      token.append(UInt8(truncatingIfNeeded: seconds >> UInt64(shift)))
    }
    token += iv
    token += try encrypted(clear, iv)
    token += HMAC<SHA256>.authenticationCode(for: token, using: signingKey)
    return Base64URL.encode(token)
  }

  private func encrypted(_ clear: UnsafeRawBufferPointer, _ iv: [UInt8]) throws -> [UInt8] {
    let pad = Self.blockLength - clear.count % Self.blockLength
    let blocks = try SecretBytes(count: clear.count + pad) { buffer in
      buffer.copyMemory(from: clear)
      for index in clear.count..<buffer.count { buffer[index] = UInt8(pad) }
      var chain = iv
      for start in stride(from: 0, to: buffer.count, by: Self.blockLength) {
        var block = Self.block(buffer, start)
        for index in 0..<Self.blockLength { block[index] ^= chain[index] }
        try AES.permute(&block, key: encryptionKey)
        chain = Array(block)
      }
    }
    return blocks.withUnsafeBytes { Array($0) }
  }

  // MARK: - Opening

  /// Lends what the token holds, in locked memory. It must not outlive the closure.
  /// - Parameter now: with `timeToLive` (seconds): refuses a token that is older, or from the future.
  func open<Result>(
    _ text: String, now: Date? = nil, timeToLive: Int? = nil, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let token = Base64URL.decode(text.utf8) else { throw Failure.badToken("not base64url") }
    let around = Self.headerLength + Self.blockLength + Self.codeLength
    guard token.count >= around, token[0] == Self.version else {
      throw Failure.badToken("too short or another version")
    }
    let length = token.count - around
    guard length > 0, length % Self.blockLength == 0, length <= Self.clearMax + Self.blockLength else {
      throw Failure.badToken("not whole blocks")
    }
    let signed = token.dropLast(Self.codeLength)
    guard
      HMAC<SHA256>.isValidAuthenticationCode(token.suffix(Self.codeLength), authenticating: signed, using: signingKey)
    else { throw Failure.badToken("wrong key or altered") }
    if let now, let timeToLive { try checkAge(token, now, timeToLive) }
    let clear = try decrypted(token, length)
    return try clear.withUnsafeBytes { buffer in
      let pad = Int(buffer[length - 1])
      guard (1...Self.blockLength).contains(pad), buffer.suffix(pad).allSatisfy({ $0 == UInt8(pad) }) else {
        throw Failure.badToken("wrong padding")
      }
      return try body(UnsafeRawBufferPointer(rebasing: buffer[..<(length - pad)]))
    }
  }

  private func decrypted(_ token: [UInt8], _ length: Int) throws -> SecretBytes {
    try SecretBytes(count: length) { buffer in
      let first = Self.headerLength + Self.blockLength
      for start in stride(from: 0, to: length, by: Self.blockLength) {
        var block = Self.block(buffer, start)
        for index in 0..<Self.blockLength { block[index] = token[first + start + index] }
        try AES.inversePermute(&block, key: encryptionKey)
        // The block before, of which the first is the IV.
        for index in 0..<Self.blockLength { block[index] ^= token[Self.headerLength + start + index] }
      }
    }
  }

  private static func block(
    _ buffer: UnsafeMutableRawBufferPointer, _ start: Int
  ) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + blockLength]).assumingMemoryBound(to: UInt8.self)
  }

  /// The specification allows a clock that is up to a minute behind.
  private func checkAge(_ token: [UInt8], _ now: Date, _ timeToLive: Int) throws(Failure) {
    let sealedAt = token[1..<Self.headerLength].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let seconds = now.timeIntervalSince1970
    if Double(sealedAt) + Double(timeToLive) < seconds { throw .expired }
    if Double(sealedAt) > seconds + 60 { throw .badToken("sealed in the future") }
  }
}
