import CSecp256k1

/// The few operations of libsecp256k1 a node needs. A signature is r ‖ s ‖ v, 65 bytes.
enum Secp256k1 {
  // Safe because the context is created once, never written again, and libsecp256k1 only reads it in the calls below.
  private nonisolated(unsafe) static let context = secp256k1_context_create(UInt32(0x0301))  // SIGN | VERIFY

  /// The uncompressed public key that made `signature`, or `nil` when none can have.
  /// - Parameter signature: 65 bytes or more (java-tron reads the first 65); v is 0…3 or 27…30.
  static func recoverPublicKey(digest: [UInt8], signature: [UInt8]) -> [UInt8]? {
    guard let context, digest.count == 32, signature.count >= 65 else { return nil }
    let recovery = Int32(signature[64] >= 27 ? signature[64] - 27 : signature[64])
    guard (0...3).contains(recovery) else { return nil }
    var parsed = secp256k1_ecdsa_recoverable_signature()
    guard secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, signature, recovery) == 1 else {
      return nil
    }
    var key = secp256k1_pubkey()
    guard secp256k1_ecdsa_recover(context, &key, &parsed, digest) == 1 else { return nil }
    return serialize(key)
  }

  /// `nil` when the 32 bytes are no valid private key.
  static func publicKey(of privateKey: [UInt8]) -> [UInt8]? {
    guard let context, privateKey.count == 32 else { return nil }
    var key = secp256k1_pubkey()
    guard secp256k1_ec_pubkey_create(context, &key, privateKey) == 1 else { return nil }
    return serialize(key)
  }

  /// Deterministic (RFC 6979), low s, v as 0 or 1. `nil` when the key is invalid.
  static func sign(digest: [UInt8], privateKey: [UInt8]) -> [UInt8]? {
    guard let context, digest.count == 32, privateKey.count == 32 else { return nil }
    var signature = secp256k1_ecdsa_recoverable_signature()
    guard secp256k1_ecdsa_sign_recoverable(context, &signature, digest, privateKey, nil, nil) == 1 else { return nil }
    var compact = [UInt8](repeating: 0, count: 64)
    var recovery: Int32 = 0
    guard secp256k1_ecdsa_recoverable_signature_serialize_compact(context, &compact, &recovery, &signature) == 1
    else { return nil }
    return compact + [UInt8(recovery)]
  }

  private static func serialize(_ key: secp256k1_pubkey) -> [UInt8]? {
    guard let context else { return nil }
    var key = key
    var bytes = [UInt8](repeating: 0, count: 65)
    var length = bytes.count
    guard secp256k1_ec_pubkey_serialize(context, &bytes, &length, &key, UInt32(0x02)) == 1, length == 65 else {
      return nil
    }
    return bytes
  }
}
