import CSecp256k1

/// The one place where libsecp256k1 is called. Byte counts are checked by the callers' types.
enum Secp256k1 {
  /// Safe because libsecp256k1 documents that a context is only read by signing, parsing and recovering, and may be
  /// shared by threads then; the only call that writes to it, the randomisation against side channels, happens
  /// here, before anyone else sees it. Nil when there is no memory for it.
  nonisolated(unsafe) private static let shared: OpaquePointer? = {
    guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY)) else {
      return nil
    }
    var generator = SystemRandomNumberGenerator()
    let seed = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    guard secp256k1_context_randomize(context, seed) == 1 else {
      secp256k1_context_destroy(context)
      return nil
    }
    return context
  }()

  private static func context() throws(KeyError) -> OpaquePointer {
    guard let shared else { throw KeyError.libraryFailed }
    return shared
  }

  static func isValidKey(_ key: UnsafePointer<UInt8>) throws(KeyError) -> Bool {
    secp256k1_ec_seckey_verify(try context(), key) == 1
  }

  /// 65 bytes beginning with 4.
  static func publicKey(of key: UnsafePointer<UInt8>) throws(KeyError) -> [UInt8] {
    let context = try context()
    var point = secp256k1_pubkey()
    guard secp256k1_ec_pubkey_create(context, &point, key) == 1 else { throw KeyError.outOfRange }
    return serialized(point, context)
  }

  /// RFC 6979 nonce, low s; r‖s and the recovery id in 65 bytes.
  static func sign(digest: [UInt8], key: UnsafePointer<UInt8>) throws(KeyError) -> [UInt8] {
    let context = try context()
    var signature = secp256k1_ecdsa_recoverable_signature()
    guard secp256k1_ecdsa_sign_recoverable(context, &signature, digest, key, nil, nil) == 1 else {
      throw KeyError.libraryFailed
    }
    var bytes = [UInt8](repeating: 0, count: 65)
    var recovery: Int32 = 0
    guard secp256k1_ecdsa_recoverable_signature_serialize_compact(context, &bytes, &recovery, &signature) == 1 else {
      throw KeyError.libraryFailed
    }
    bytes[64] = UInt8(recovery)
    return bytes
  }

  /// 65 bytes beginning with 4.
  static func recover(digest: [UInt8], rs: [UInt8], recovery: UInt8) throws(KeyError) -> [UInt8] {
    let context = try context()
    var signature = secp256k1_ecdsa_recoverable_signature()
    guard
      secp256k1_ecdsa_recoverable_signature_parse_compact(context, &signature, rs, Int32(recovery)) == 1
    else { throw KeyError.badSignature }
    var point = secp256k1_pubkey()
    guard secp256k1_ecdsa_recover(context, &point, &signature, digest) == 1 else { throw KeyError.badSignature }
    return serialized(point, context)
  }

  /// The point of 33 or 65 bytes as 65.
  static func parse(publicKey: [UInt8]) throws(KeyError) -> [UInt8] {
    let context = try context()
    var point = secp256k1_pubkey()
    guard secp256k1_ec_pubkey_parse(context, &point, publicKey, publicKey.count) == 1 else {
      throw KeyError.badPublicKey
    }
    return serialized(point, context)
  }

  /// The point of 33 or 65 bytes moved by `tweak` times the generator; 65 bytes. Nil where there is none.
  static func tweakAdd(publicKey: [UInt8], tweak: UnsafePointer<UInt8>) throws(KeyError) -> [UInt8]? {
    let context = try context()
    var point = secp256k1_pubkey()
    guard secp256k1_ec_pubkey_parse(context, &point, publicKey, publicKey.count) == 1 else {
      throw KeyError.badPublicKey
    }
    guard secp256k1_ec_pubkey_tweak_add(context, &point, tweak) == 1 else { return nil }
    return serialized(point, context)
  }

  /// Moves the key where it is by `tweak`, modulo the order. False, and a zeroed key, where there is none.
  static func tweakAdd(key: UnsafeMutablePointer<UInt8>, tweak: UnsafePointer<UInt8>) throws(KeyError) -> Bool {
    secp256k1_ec_seckey_tweak_add(try context(), key, tweak) == 1
  }

  private static func serialized(_ point: secp256k1_pubkey, _ context: OpaquePointer) -> [UInt8] {
    var point = point
    var bytes = [UInt8](repeating: 0, count: 65)
    var count = bytes.count
    // Documented to succeed always for a point that the library made.
    secp256k1_ec_pubkey_serialize(context, &bytes, &count, &point, UInt32(SECP256K1_EC_UNCOMPRESSED))
    return bytes
  }
}
