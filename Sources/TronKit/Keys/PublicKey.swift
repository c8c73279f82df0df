/// A point of secp256k1.
public struct PublicKey: Hashable, Sendable {
  /// 65 bytes: 4, X, Y.
  public let uncompressed: [UInt8]

  init(uncompressed: [UInt8]) { self.uncompressed = uncompressed }

  /// Takes 33 or 65 bytes.
  public init(bytes: [UInt8]) throws(KeyError) {
    uncompressed = try Secp256k1.parse(publicKey: bytes)
  }

  /// 33 bytes: 2 or 3 by the parity of Y, and X.
  public var compressed: [UInt8] {
    [uncompressed[64] & 1 == 0 ? 2 : 3] + uncompressed[1...32]
  }

  /// 0x41 and the last 20 bytes of Keccak-256 over X‖Y.
  public var address: TronAddress {
    TronAddress(hash: Array(Keccak256.hash(uncompressed.dropFirst()).suffix(20)))
  }
}
