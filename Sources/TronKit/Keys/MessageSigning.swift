/// Signing of texts (TIP-191, `signMessageV2` of wallets), to prove that one holds an address. No transaction can have
/// the same digest.
///
/// A signature proves that somebody once signed this text, not when or for whom: the text must name the service, a
/// nonce that the service accepts once, and an end.
public enum MessageSigning {
  /// Keccak-256 of the prefix, the length in bytes as a decimal, and the message.
  public static func digest(of message: some Collection<UInt8>) -> [UInt8] {
    let prefix = Array("\u{19}TRON Signed Message:\n\(message.count)".utf8)
    return Keccak256.hash(prefix + message)
  }

  /// v is 27 or 28, as wallets write it.
  public static func sign(_ message: String, with key: PrivateKey) throws(KeyError) -> Signature {
    var bytes = try key.sign(digest(of: message.utf8)).bytes
    bytes[64] += 27
    return try Signature(bytes: bytes)
  }

  /// The address whose key signed the text. v may be 0, 1, 27 or 28.
  /// - Throws: `bad_signature`; `signature_high_s` for an s in the upper half. The chain takes both halves, but each
  ///   wallet writes the lower. With the other, anyone could make a second valid signature of a text out of the
  ///   first, and pass by a list of those already used.
  public static func recoverSigner(of message: String, signature: Signature) throws(KeyError) -> TronAddress {
    guard signature.hasLowS else { throw KeyError.highS }
    return try TronKit.recoverSigner(digest: digest(of: message.utf8), signature: signature)
  }

  /// Whether the holder of the address signed the text. False for every signature from which no key, or another, comes
  /// out.
  public static func verify(_ message: String, signature: Signature, by address: TronAddress) -> Bool {
    do throws(KeyError) {
      return try recoverSigner(of: message, signature: signature) == address
    } catch {
      return false
    }
  }
}
