import Foundation

/// The public vectors of TronKitTests, as much of them as the command shows.
struct Vectors: Decodable {
  struct Pair: Decodable {
    let base58: String
    let hex: String
  }
  struct Invalid: Decodable {
    let value: String
  }
  struct Signed: Decodable {
    struct Decoded: Decodable {
      let expiration: Int64
      let permission_id: Int32
    }
    let contract: String
    let txID: String
    let raw_data_hex: String
    let signer: String
    let decoded: Decoded
    let broadcasthex: String
  }
  let address_pairs: [Pair]
  let invalid_addresses: [Invalid]
  let signed_transactions: [Signed]

  static func load() throws -> Vectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../TronKitTests/Vectors/tron.json").standardized
    return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
  }
}
