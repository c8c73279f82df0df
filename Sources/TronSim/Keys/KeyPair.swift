/// A private key with its address. Its description hides the key.
struct KeyPair: Sendable, CustomStringConvertible {
  let privateKey: [UInt8]
  let address: Address

  init?(privateKey: [UInt8]) {
    guard let publicKey = Secp256k1.publicKey(of: privateKey) else { return nil }
    self.privateKey = privateKey
    address = Address(publicKey: publicKey)
  }

  static func random() -> KeyPair {
    var generator = SystemRandomNumberGenerator()
    while true {
      let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if let pair = KeyPair(privateKey: bytes) { return pair }
    }
  }

  /// `digest` is always 32 bytes here, so a valid key always signs.
  func sign(_ digest: [UInt8]) -> [UInt8] { Secp256k1.sign(digest: digest, privateKey: privateKey) ?? [] }

  var description: String { "key of \(address)" }
}
