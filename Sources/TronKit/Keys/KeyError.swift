/// What is wrong with a key, a digest or a signature. Never repeats any of them.
public struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Stable, for the API, logs and metrics.
  public let code: String
  /// What is wrong and what to do, for people.
  public let description: String

  private init(_ code: String, _ description: String) {
    self.code = code
    self.description = description
  }

  static func wrongLength(_ count: Int) -> KeyError {
    KeyError("key_length", "a private key has 32 bytes (64 hexadecimal digits), but \(count) bytes were given")
  }

  static func notHex(_ error: HexError) -> KeyError {
    KeyError("key_not_hex", "the private key is not hexadecimal: \(error.description)")
  }

  static let outOfRange = KeyError(
    "key_out_of_range", "the private key is zero or not below the order of secp256k1, so no address belongs to it")
  static let badPublicKey = KeyError("bad_public_key", "the public key is not a point of secp256k1")
  static let badSignature = KeyError("bad_signature", "no key can have made this signature of this digest")
  static let libraryFailed = KeyError("secp256k1_failed", "libsecp256k1 failed; the process may be out of memory")

  static let noMemory = KeyError("no_secret_memory", "the system gave no memory for a secret; see its memory limits")

  static func notLocked(_ reason: String) -> KeyError {
    KeyError(
      "memory_not_locked",
      "secrets cannot be locked into memory (\(reason)), so they might be written to swap; raise RLIMIT_MEMLOCK: "
        + "ulimit -l, LimitMEMLOCK= of systemd, ulimits.memlock of compose")
  }

  static let badExtendedKey = KeyError(
    "bad_extended_key", "this is not an extended key of BIP 32; it has 111 characters and begins with xpub or xprv")
  static let privateExtendedKey = KeyError(
    "private_extended_key",
    "this is an extended private key where the public one belongs; give the one that begins with xpub, and treat the "
      + "wallet of the other as exposed")
  static let hardened = KeyError(
    "hardened_child", "a child from 2147483648 on is hardened and cannot be derived from a public key")
  static let noChild = KeyError("no_child", "this index has no key (BIP 32 expects one such in 2^127); use the next")
  static let badEntropy = KeyError("bad_entropy", "a recovery phrase has 16, 20, 24, 28 or 32 bytes of entropy")

  static func phraseLength(_ count: Int) -> KeyError {
    KeyError("phrase_length", "a recovery phrase has 12, 15, 18, 21 or 24 words, but \(count) were given")
  }

  /// - Parameter position: counted from 1.
  static func phraseWord(_ position: Int) -> KeyError {
    KeyError("phrase_word", "word \(position) of the recovery phrase is not in the English list of BIP 39")
  }

  static let phraseChecksum = KeyError(
    "phrase_checksum", "the checksum of the recovery phrase does not match: a word is wrong, or two are swapped")
  static let badSeed = KeyError("bad_seed", "a seed has 16 to 64 bytes and must yield a key")
  static let badPath = KeyError("bad_path", "a derivation path looks like m/44'/195'/0'/0/0")

  static func digestLength(_ count: Int) -> KeyError {
    KeyError("digest_length", "a digest has 32 bytes, but \(count) were given")
  }

  static func signatureLength(_ count: Int) -> KeyError {
    KeyError("signature_length", "a signature has 65 bytes, r, s and v, but \(count) were given")
  }

  static func signatureNotHex(_ error: HexError) -> KeyError {
    KeyError("signature_not_hex", "the signature is not hexadecimal: \(error.description)")
  }

  static let highS = KeyError(
    "signature_high_s",
    "the s of the signature is in the upper half of its range; wallets write the lower, so it was altered afterwards")

  static func recoveryByte(_ byte: UInt8) -> KeyError {
    KeyError("signature_v", "the last byte of a signature is 0, 1, 27 or 28, but \(byte) was given")
  }
}
