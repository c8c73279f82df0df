import Crypto
import TronKit

/// The extended public key from which deposit addresses come: `m/44'/195'/account'/0`, whose children they are. Nothing
/// can be spent with it.
struct DepositKey: Sendable, Equatable {
  let key: ExtendedPublicKey
  /// The first 8 bytes of SHA-256 of its text, in hex.
  let fingerprint: String

  init(_ key: ExtendedPublicKey) {
    self.key = key
    fingerprint = Self.fingerprint(of: key)
  }

  /// - Throws: `KeyError`, also for `xprv…`, or `MisplacedKey` when it stands elsewhere in the tree.
  init(parsing text: String) throws {
    let key = try ExtendedPublicKey(parsing: text)
    guard key.depth == 4, key.childNumber == 0 else {
      throw MisplacedKey(depth: key.depth, childNumber: key.childNumber)
    }
    self.init(key)
  }

  static func fingerprint(of key: ExtendedPublicKey) -> String {
    Hex.encode(Array(SHA256.hash(data: Array(key.text.utf8)).prefix(8)))
  }

  /// The addresses of `count` children from `first` on. An index without a key is left out.
  func addresses(from first: Int64, count: Int) throws -> [(index: Int64, address: TronAddress)] {
    let end = min(first + Int64(count), Int64(ExtendedPublicKey.hardenedFrom))
    return try (first..<max(first, end)).compactMap { index in
      do throws(KeyError) {
        return (index, try key.child(UInt32(index)).address)
      } catch where error.code == "no_child" {
        return nil
      }
    }
  }

  struct MisplacedKey: Error, CustomStringConvertible {
    let depth: UInt8
    let childNumber: UInt32
    var description: String {
      "this extended key has depth \(depth) and number \(childNumber); give that of m/44'/195'/account'/0 "
        + "(depth 4, number 0), as `energyctl deposits new-key` makes it"
    }
  }
}
