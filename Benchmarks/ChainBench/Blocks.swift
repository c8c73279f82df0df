import Crypto
import Foundation
import TronKit

/// How long it takes to read a block as a node answers it and to look for one's own transactions in it.
enum Blocks {
  struct Figures {
    /// Reading alone, in milliseconds, the median.
    let parse: Double
    /// Reading and looking, likewise.
    let match: Double
    let bytes: Int
  }

  /// - Parameters:
  ///   - transactions: of the block, about 1.5 kB each as JSON. A full block of mainnet has 200 to 400.
  ///   - pending: how many transactions are waited for; every tenth of the block is among them.
  static func measure(transactions: Int = 400, pending: Int = 100_000, rounds: Int = 101) throws -> Figures {
    let (text, ids) = try block(transactions)
    var wanted = Set(try (0..<UInt64(pending)).map { try TransactionID(bytes: digest(of: $0)) })
    for id in ids.enumerated() where id.offset % 10 == 0 { wanted.insert(id.element) }
    var parse: [Double] = []
    var match: [Double] = []
    for _ in 0..<max(1, rounds) {
      let start = ContinuousClock.now
      let block = try ChainBlock(nodeAnswer: text)
      let read = ContinuousClock.now
      let found = block.transactions.filter { wanted.contains($0.id) }
      let end = ContinuousClock.now
      guard block.transactions.count == transactions, found.count == (transactions + 9) / 10 else {
        throw BlocksFailure(found: found.count)
      }
      parse.append((read - start) / .milliseconds(1))
      match.append((end - start) / .milliseconds(1))
    }
    return Figures(parse: median(parse), match: median(match), bytes: text.count)
  }

  struct BlocksFailure: Error, CustomStringConvertible {
    let found: Int
    var description: String { "the block was read wrong: \(found) transactions of ours were found in it" }
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
