import Synchronization

/// The witness's signature of a header, made when it is first asked for: every answer that shows a block carries it,
/// and most blocks of a journal are never shown.
final class WitnessSignature: Sendable {
  private let header: BlockHeader
  private let made = Mutex<[UInt8]?>(nil)

  init(header: BlockHeader) { self.header = header }

  var bytes: [UInt8] {
    made.withLock { made in
      if let made { return made }
      let signature = Witness.key.sign(sha256(header.encoded))
      made = signature
      return signature
    }
  }
}
