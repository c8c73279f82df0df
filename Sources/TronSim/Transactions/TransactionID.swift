/// SHA-256 of a transaction's raw data.
struct TransactionID: Hashable, Sendable, CustomStringConvertible {
  /// Always 32 bytes.
  let bytes: [UInt8]

  init(hashing raw: [UInt8]) { bytes = sha256(raw) }

  init?(hex: String) {
    guard let bytes = Hex.decode(hex), bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  var hex: String { Hex.encode(bytes) }
  var description: String { hex }
}
