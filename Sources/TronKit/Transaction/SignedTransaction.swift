/// A transaction as it is broadcast. Keeps the raw bytes that were signed and never encodes them again.
public struct SignedTransaction: Hashable, Sendable {
  /// What was signed.
  public let rawBytes: [UInt8]
  /// In the order in which they were added.
  public let signatures: [Signature]
  /// Of the raw bytes.
  public let id: TransactionID

  /// java-tron: 500 KiB.
  public static let sizeMax = 500 * 1024

  /// Takes what was signed elsewhere.
  public init(rawBytes: [UInt8], signatures: [Signature]) {
    self.init(rawBytes: rawBytes, signatures: signatures, id: TransactionID(ofRawBytes: rawBytes))
  }

  init(rawBytes: [UInt8], signatures: [Signature], id: TransactionID) {
    self.rawBytes = rawBytes
    self.signatures = signatures
    self.id = id
  }

  /// What `broadcasthex` takes, before it is written as hexadecimal.
  public func encoded() -> [UInt8] {
    var writer = ProtobufWriter(capacity: rawBytes.count + signatures.count * 67 + 4)
    writer.message(1, rawBytes)
    for signature in signatures { writer.message(2, signature.bytes) }
    return writer.bytes
  }

  /// Bandwidth it costs: the chain adds 64 bytes for the result.
  public var bandwidth: Int64 { Int64(encoded().count) + 64 }

  /// Reads a transaction; results that a node has added (field 5) are passed over.
  public init(decoding bytes: [UInt8]) throws(TransactionError) {
    guard bytes.count <= Self.sizeMax else {
      throw .malformed("it has \(bytes.count) bytes, at most \(Self.sizeMax) are allowed")
    }
    var raw: [UInt8]?
    var signatures: [Signature] = []
    for field in try ProtobufReader.fields(of: bytes, in: "transaction") {
      switch field.number {
      case 1 where raw == nil: raw = try field.data("transaction")
      case 1: throw .malformed("it has raw_data twice")
      case 2:
        let signature = try field.data("transaction")
        do throws(KeyError) {
          signatures.append(try Signature(bytes: signature))
        } catch {
          throw .malformed("signature \(signatures.count + 1): \(error.description)")
        }
      default: break
      }
    }
    guard let raw, !raw.isEmpty else { throw .malformed("it has no raw_data") }
    self.init(rawBytes: raw, signatures: signatures)
  }

  /// What is signed.
  public func raw() throws(TransactionError) -> RawTransaction { try RawTransaction(decoding: rawBytes) }

  /// Whose keys have signed, in the order of the signatures.
  public func signers() throws(KeyError) -> [TronAddress] {
    let digest = id.bytes
    var signers: [TronAddress] = []
    for signature in signatures { signers.append(try recoverSigner(digest: digest, signature: signature)) }
    return signers
  }
}
