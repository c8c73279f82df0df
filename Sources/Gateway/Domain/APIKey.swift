import Crypto
import Foundation

/// `ek_<client>_<secret>`. Only the SHA-256 of the secret is kept, so a stolen table opens nothing.
struct APIKey: Sendable {
  static let lengthMax = 256

  /// Both parts may hold underscores, so a key can be read in more than one way; the table says which client exists.
  let readings: [(client: String, secretHash: [UInt8])]

  /// nil when the header is no bearer token of our form.
  init?(authorization header: String?) {
    guard let header, header.utf8.count <= Self.lengthMax else { return nil }
    let words = header.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count == 2, words[0].lowercased() == "bearer", words[1].hasPrefix("ek_") else { return nil }
    let key = words[1].dropFirst(3)
    let cuts = key.indices.filter { key[$0] == "_" }.prefix(8)
    readings = cuts.compactMap { cut in
      let client = key[..<cut]
      let secret = key[key.index(after: cut)...]
      guard !client.isEmpty, !secret.isEmpty else { return nil }
      return (String(client), Array(SHA256.hash(data: Data(secret.utf8))))
    }
    guard !readings.isEmpty else { return nil }
  }

  /// Takes the same time wherever the first difference is.
  static func matches(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
  }
}
