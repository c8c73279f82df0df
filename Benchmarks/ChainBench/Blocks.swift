import BenchKit
import Crypto
import Foundation
import TronKit

/// How long it takes to read a block as a node answers it and to look for one's own transactions in it.
enum Blocks {
  /// Of the block, about 1.5 kB each as JSON. A full block of mainnet has 200 to 400.
  private static let transactions = 400
  /// How many transactions are waited for; every tenth of the block is among them.
  private static let pending = 100_000
  private static let rounds = 101

  /// Medians, in milliseconds: of reading alone, and of reading and looking.
  @Sendable static func measure() throws -> [Figure] {
    let (text, ids) = try block(transactions)
    var wanted = Set(try (0..<UInt64(pending)).map { try TransactionID(bytes: digest(of: $0)) })
    for id in ids.enumerated() where id.offset % 10 == 0 { wanted.insert(id.element) }
    var parse: [Double] = []
    var match: [Double] = []
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      let block = try ChainBlock(nodeAnswer: text)
      let read = ContinuousClock.now
      let found = block.transactions.filter { wanted.contains($0.id) }
      let end = ContinuousClock.now
      guard block.transactions.count == transactions, found.count == (transactions + 9) / 10 else {
        throw BenchFailure("the block was read wrong: \(found.count) transactions of ours were found in it")
      }
      parse.append((read - start) / .milliseconds(1))
      match.append((end - start) / .milliseconds(1))
    }
    return [
      Figure("block_parse_ms", median(parse)),
      Figure("block_match_ms", median(match), goal: "<= 10"),
    ]
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private static func digest(of number: UInt64) -> [UInt8] {
    Array(SHA256.hash(data: withUnsafeBytes(of: number.bigEndian) { Array($0) }))
  }

  /// Transfers of a token with its long call data, as most of mainnet is.
  private static func block(_ count: Int) throws -> (text: [UInt8], ids: [TransactionID]) {
    let id = "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25"
    let parent = "0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"
    var ids: [TransactionID] = []
    let transactions = try (0..<UInt64(count)).map { number in
      // The reader takes the bytes as they are: what they mean is looked at only for one's own.
      let raw = (0..<8).flatMap { digest(of: number << 8 | $0) }
      let id = try TransactionID(bytes: Array(SHA256.hash(data: raw)))
      ids.append(id)
      let call = Hex.encode((0..<6).flatMap { digest(of: number << 8 | 128 | $0) })
      return """
        {"ret":[{"contractRet":"SUCCESS"}],"signature":["\(Hex.encode(digest(of: number) + digest(of: ~number)))00"],\
        "txID":"\(id)","raw_data":{"contract":[{"parameter":{"value":{"data":"\(call)",\
        "owner_address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g","contract_address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"},\
        "type_url":"type.googleapis.com/protocol.TriggerSmartContract"},"type":"TriggerSmartContract"}],\
        "ref_block_bytes":"1c8b","ref_block_hash":"d78785ed02dd918f","expiration":1777437813000,\
        "fee_limit":10000000000,"timestamp":1777437756016},"raw_data_hex":"\(Hex.encode(raw))"}
        """
    }
    let text = """
      {"blockID":"\(id)","block_header":{"raw_data":{"number":66987627,"txTrieRoot":"\(parent)",\
      "witness_address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g","parentHash":"\(parent)","version":34,\
      "timestamp":1777445307000},"witness_signature":"00"},"transactions":[\(transactions.joined(separator: ","))]}
      """
    return (Array(text.utf8), ids)
  }
}
