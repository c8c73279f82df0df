import Synchronization

/// A signed transaction as broadcast.
struct Transaction: Sendable {
  let raw: RawTransaction
  /// Canonical bytes of `raw`.
  let rawBytes: [UInt8]
  let signatures: [[UInt8]]
  let id: TransactionID
  /// The first contract's call; absent when there is no contract.
  let call: ContractCall?
  /// Serialized without `ret`; its length is what bandwidth is charged for.
  let encoded: [UInt8]
  private let signers = Signers()

  init(raw: RawTransaction, signatures: [[UInt8]]) throws(ProtobufReader.Malformed) {
    self.raw = raw
    self.signatures = signatures
    rawBytes = raw.encoded
    id = TransactionID(hashing: rawBytes)
    var writer = ProtobufWriter()
    writer.message(1, rawBytes)
    for signature in signatures { writer.message(2, signature) }
    encoded = writer.bytes
    if let contract = raw.contracts.first {
      call = try ContractCall(type: contract.type, value: contract.value)
    } else {
      call = nil
    }
  }

  init(decoding bytes: [UInt8]) throws(ProtobufReader.Malformed) {
    var raw = RawTransaction()
    var signatures: [[UInt8]] = []
    for field in try ProtobufReader.fields(of: bytes) {
      switch field.number {
      case 1: raw = try RawTransaction(decoding: try field.data())
      case 2: signatures.append(try field.data())
      default: break  // `ret` (5) says nothing before inclusion
      }
    }
    try self.init(raw: raw, signatures: signatures)
  }

  /// Whose signature it is; nil: no key can be recovered from it. Recovering is the dearest check of all and its result
  /// never changes, so it is done once, although a transaction is judged at the door and again in its block.
  func signer(_ index: Int) -> Address? {
    signers.known.withLock { known in
      if let signer = known[index] { return signer }
      let key = Secp256k1.recoverPublicKey(digest: id.bytes, signature: signatures[index])
      let signer = key.map { Address(publicKey: $0) }
      known[index] = .some(signer)
      return signer
    }
  }

  /// Merkle leaf: the transaction with `ret { contractRet }`, as a block holds it.
  func leafHash(_ outcome: Execution.Outcome) -> [UInt8] {
    var result = ProtobufWriter()
    result.varint(3, outcome.rawValue)
    var writer = ProtobufWriter()
    writer.message(5, result.bytes)
    return sha256(encoded + writer.bytes)
  }
}

/// Shared by the copies of a transaction.
private final class Signers: Sendable {
  let known = Mutex<[Int: Address?]>([:])
}
