import Foundation

/// The official vectors of BIP 32 and BIP 39, and what other people's programs make of keys, phrases, messages and
/// token calls (`Vectors/keys.py`). The private keys in them are public.
struct KeyVectors: Decodable {
  struct Phrase: Decodable {
    var entropy: String
    var mnemonic: String
    var passphrase: String
    var seed: String
    var xprv: String
  }

  struct Chain: Decodable {
    var seed: String
    var path: String
    var xpub: String
    var xprv: String
  }

  struct Invalid: Decodable {
    var text: String
    var why: String
  }

  struct Passphrase: Decodable {
    var mnemonic: String
    var passphrase: String
    var seed: String
  }

  struct Wallet: Decodable {
    var mnemonic: String
    var account: UInt32
    var xpub: String
    var xprv: String
    var indices: [UInt32]
    var addresses: [String]
    var keys: [String]
  }

  struct Message: Decodable {
    var message: String
    var private_key: String
    var address: String
    var digest: String
    var signature: String
  }

  struct Token: Decodable {
    var to: String
    var amount: String
    var transfer: String
    var balance: String
    var topic: String
    var data: String
  }

  struct Transaction: Decodable {
    var type: String
    var owner: String
    var other: String
    var amount: Int64
    var data: String
    var fee_limit: Int64
    var ref_block_bytes: String
    var ref_block_hash: String
    var timestamp: Int64
    var expiration: Int64
    var raw_data_hex: String
    var txid: String
    var private_key: String
    var signature: String
  }

  var bip39: [Phrase]
  var bip32: [Chain]
  var bip32_invalid: [Invalid]
  var passphrases: [Passphrase]
  var wallets: [Wallet]
  var messages: [Message]
  var tokens: [Token]
  var transactions: [Transaction]

  static func load() throws -> KeyVectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/keys.json")
    return try JSONDecoder().decode(KeyVectors.self, from: Data(contentsOf: file))
  }
}
