import Testing

@testable import TronSim

@Suite struct VectorTests {
  @Test func `Keccak-256 matches published digests`() {
    #expect(Hex.encode(Keccak256.hash([])) == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    #expect(
      Hex.encode(Keccak256.hash(Array("abc".utf8)))
        == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    // One byte less than the rate, the rate itself, one more: the padding's corners.
    let digests = [135, 136, 137].map { Keccak256.hash([UInt8](repeating: 0x61, count: $0)) }
    #expect(Set(digests).count == 3)
  }

  @Test func `a private key leads to its published address`() throws {
    let vectors = Vectors.list("private_keys")
    #expect(vectors.count >= 18)
    for vector in vectors {
      let bytes = try #require(Hex.decode(vector["private_key"]?.string ?? ""))
      let key = try #require(KeyPair(privateKey: bytes))
      #expect(key.address.base58 == vector["address"]?.string)
      #expect(key.address.hex == vector["address_hex"]?.string)
      #expect(Secp256k1.publicKey(of: bytes).map { Hex.encode($0) } == vector["public_key_uncompressed"]?.string)
      #expect(!"\(key)".contains(vector["private_key"]?.string ?? ""))
    }
  }

  @Test func `addresses convert both ways and damaged ones are refused`() throws {
    for pair in Vectors.list("address_pairs") {
      let text = try #require(pair["base58"]?.string)
      let hex = try #require(pair["hex"]?.string)
      #expect(Address(base58: text)?.hex == hex)
      #expect(Address(hex: hex)?.base58 == text)
    }
    let invalid = Vectors.list("invalid_addresses")
    #expect(invalid.count == 8)
    for vector in invalid {
      #expect(Address(text: vector["value"]?.string ?? "") == nil, "\(vector)")
    }
  }

  @Test func `every real transaction decodes, encodes to the same bytes and has its id and signer`() throws {
    let vectors = Vectors.list("signed_transactions")
    #expect(vectors.count == 26)
    for vector in vectors {
      let bytes = try #require(Hex.decode(vector["broadcasthex"]?.string ?? ""))
      let transaction = try Transaction(decoding: bytes)
      #expect(Hex.encode(transaction.rawBytes) == vector["raw_data_hex"]?.string)
      #expect(transaction.id.hex == vector["txID"]?.string)
      #expect(transaction.encoded == bytes)
      #expect(Int64(bytes.count) == vector["signed_tx_bytes"]?.int)
      let signature = try #require(transaction.signatures.first)
      let key = try #require(Secp256k1.recoverPublicKey(digest: transaction.id.bytes, signature: signature))
      #expect(Address(publicKey: key).base58 == vector["signer"]?.string)
      if let encoded = transaction.call?.encoded { #expect(encoded == transaction.raw.contracts[0].value) }
    }
  }

  @Test func `signatures are reproduced byte for byte`() throws {
    let vectors = Vectors.list("signed_transactions").filter { $0["rfc6979_deterministic"]?.bool == true }
    #expect(vectors.count >= 6)
    for vector in vectors {
      let key = try #require(Hex.decode(vector["private_key"]?.string ?? ""))
      let digest = try #require(Hex.decode(vector["txID"]?.string ?? ""))
      let signature = try #require(Secp256k1.sign(digest: digest, privateKey: key))
      #expect(Hex.encode(signature) == vector["signature"]?.string)
    }
  }

  @Test func `real block headers hash to their block ids`() throws {
    let vectors = Vectors.list("signed_transactions").filter { $0["ref_block_header"] != nil }
    #expect(vectors.count >= 6)
    for vector in vectors {
      let raw = try #require(vector["ref_block_header"])
      func bytes(_ name: String) throws -> [UInt8] { try #require(Hex.decode(raw[name]?.string ?? "")) }
      let header = BlockHeader(
        timestampMs: try #require(raw["timestamp"]?.int), txTrieRoot: try bytes("txTrieRoot"),
        parentHash: try bytes("parentHash"), number: try #require(raw["number"]?.int),
        witnessAddress: try bytes("witness_address"), version: try #require(raw["version"]?.int))
      let id = Hex.encode(header.blockID)
      #expect(id == vector["ref_block_id"]?.string)
      #expect(String(id.dropFirst(12).prefix(4)) == vector["decoded"]?["ref_block_bytes"]?.string)
      #expect(String(id.dropFirst(16).prefix(16)) == vector["decoded"]?["ref_block_hash"]?.string)
    }
  }

  @Test func `a permission's mask allows exactly its contract types`() {
    let mask = [UInt8](repeating: 0, count: 7) + [0x06] + [UInt8](repeating: 0, count: 24)
    let permission = Permission(type: Permission.active, id: 2, operations: mask)
    #expect((0..<256).filter { permission.allows(Int64($0)) } == [57, 58])
    let standard = Permission(type: Permission.active, id: 2, operations: Permission.defaultOperations)
    #expect(standard.allows(57) && standard.allows(58) && !standard.allows(46))
  }
}
