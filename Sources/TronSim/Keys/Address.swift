/// A TRON account address: 0x41 and the last 20 bytes of the public key's Keccak-256.
struct Address: Hashable, Sendable, CustomStringConvertible {
  static let prefix: UInt8 = 0x41
  static let zero = Address(unchecked: [prefix] + [UInt8](repeating: 0, count: 20))

  /// Always 21 bytes.
  let bytes: [UInt8]

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  init?(bytes: [UInt8]) {
    guard bytes.count == 21, bytes[0] == Address.prefix else { return nil }
    self.bytes = bytes
  }

  /// - Parameter publicKey: 65 bytes, uncompressed, beginning with 0x04.
  init(publicKey: [UInt8]) {
    bytes = [Address.prefix] + Keccak256.hash(Array(publicKey.dropFirst())).suffix(20)
  }

  init?(base58 text: String) {
    guard let decoded = Base58.decode(text), decoded.count == 25 else { return nil }
    let payload = Array(decoded.prefix(21))
    guard sha256(sha256(payload)).prefix(4).elementsEqual(decoded.suffix(4)) else { return nil }
    self.init(bytes: payload)
  }

  init?(hex text: String) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes: bytes)
  }

  /// Either form.
  init?(text: String) {
    guard let address = Address(base58: text) ?? Address(hex: text) else { return nil }
    self = address
  }

  var base58: String { Base58.encode(bytes + sha256(sha256(bytes)).prefix(4)) }
  var hex: String { Hex.encode(bytes) }
  var description: String { base58 }

  func text(visible: Bool) -> String { visible ? base58 : hex }
}
