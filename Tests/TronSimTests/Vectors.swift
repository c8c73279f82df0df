import Foundation

@testable import TronSim

/// Real transactions, blocks and keys, each recomputed by whoever published them.
struct Vectors {
  static let shared: JSON = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/tron.json")
    do {
      return try JSONParser.parse([UInt8](try Data(contentsOf: file)))
    } catch {
      preconditionFailure("the vectors cannot be read: \(error)")
    }
  }()

  static func list(_ name: String) -> [JSON] { shared[name]?.array ?? [] }
}
