import Foundation

/// Public test vectors, most of them recorded from TRON's networks. The private keys in them are public.
struct Vectors: Decodable {
  struct Key: Decodable {
    var private_key: String
    var public_key_uncompressed: String
    var address: String
    var address_hex: String
  }

  struct HD: Decodable {
    var mnemonic: String
    var passphrase: String
    var path: String
    var address: String
    var private_key: String
  }

  struct Pair: Decodable {
    var base58: String
    var hex: String
  }

  struct Invalid: Decodable {
    var value: String
    var why: String
  }

  struct Signed: Decodable {
    struct Decoded: Decodable {
      var ref_block_bytes: String
      var ref_block_hash: String
      var expiration: Int64
      var timestamp: Int64
      var fee_limit: Int64?
      var memo_hex: String
      var permission_id: Int32
    }

    var contract: String
    var contract_type: Int
    var txID: String
    var raw_data_hex: String
    var signature: String
    var signer: String
    var decoded: Decoded
    var signed_tx_bytes: Int
    var bandwidth: Int64
    var private_key: String?
    var rfc6979_deterministic: Bool?
    var ref_block_id: String?
    var broadcasthex: String
  }

  struct Unsigned: Decodable {
    var name: String
    var txID: String
    var raw_data_hex: String
    var owner_private_key: String?
    var selfsigned_rfc6979_signature: String?
  }

  struct Block: Decodable {
    struct Header: Decodable { var number: Int64 }
    var header: Header
    var blockID: String
    var ref_block_bytes: String
    var ref_block_hash: String
  }

  struct Message: Decodable {
    var message: String
    var hash: String
    var signature: String
    var address: String
  }

  struct Mask: Decodable {
    var types: [Int]
    var operations: String
  }

  struct ABI: Decodable {
    var signature: String
    var selector: String
  }

  var private_keys: [Key]
  var hd: [HD]
  var address_pairs: [Pair]
  var invalid_addresses: [Invalid]
  var signed_transactions: [Signed]
  var unsigned_transactions: [Unsigned]
  var block_ids: [Block]
  var messages: [Message]
  var permission_masks: [Mask]
  var abi: [ABI]

  static func load() throws -> Vectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/tron.json")
    return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
  }
}
