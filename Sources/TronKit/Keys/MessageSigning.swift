/// Signing of texts (TIP-191, `signMessageV2` of wallets), to prove that one holds an address. No transaction can have
/// the same digest.
public enum MessageSigning {
  /// Keccak-256 of the prefix, the length in bytes as a decimal, and the message.
  public static func digest(of message: some Collection<UInt8>) -> [UInt8] {
    let prefix = Array("\u{19}TRON Signed Message:\n\(message.count)".utf8)
    return Keccak256.hash(prefix + message)
  }

  /// v is 27 or 28, as wallets write it.
  public static func sign(_ message: String, with key: PrivateKey) throws(KeyError) -> Signature {
    var bytes = try key.sign(digest(of: Array(message.utf8))).bytes
    bytes[64] += 27
    return try Signature(bytes: bytes)
  }

  public static func recoverSigner(of message: String, signature: Signature) throws(KeyError) -> TronAddress {
    try TronKit.recoverSigner(digest: digest(of: Array(message.utf8)), signature: signature)
  }
}
