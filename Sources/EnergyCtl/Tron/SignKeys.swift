import ArgumentParser
import Foundation
import TronKit

/// Extended keys of deposit addresses, by the fingerprints that wallet-svc gives them.
struct SignKeys: Sendable {
  private(set) var publicKeys: [String: ExtendedPublicKey] = [:]
  private(set) var privateKeys: [String: ExtendedPrivateKey] = [:]

  /// - Parameter accounts: for a master key, which accounts' addresses are meant.
  /// - Throws: `SweepRefusal` for a key that is neither a wallet's, nor an account's, nor that of `m/44'/195'/a'/0`.
  mutating func add(_ key: ExtendedPrivateKey, accounts: [UInt32]) throws {
    let keys: [ExtendedPrivateKey]
    switch (key.publicKey.depth, key.publicKey.childNumber) {
    case (0, _): keys = try accounts.map { try key.tronAddresses(account: $0) }
    case (3, _): keys = [try key.child(0)]
    case (4, 0): keys = [key]
    case (let depth, let number): throw Self.misplaced(depth, number)
    }
    for key in keys {
      privateKeys[NewDepositKey.fingerprint(key.publicKey)] = key
      add(key.publicKey)
    }
  }

  /// - Throws: `SweepRefusal` for a key from which no deposit addresses come.
  mutating func add(checking key: ExtendedPublicKey) throws {
    switch (key.depth, key.childNumber) {
    case (3, _): add(try key.child(0))
    case (4, 0): add(key)
    case (let depth, let number): throw Self.misplaced(depth, number)
    }
  }

  private mutating func add(_ key: ExtendedPublicKey) { publicKeys[NewDepositKey.fingerprint(key)] = key }

  private static func misplaced(_ depth: UInt8, _ number: UInt32) -> SweepRefusal {
    SweepRefusal(
      .wrongKey,
      "this extended key has depth \(depth) and number \(number): give that of the wallet, of m/44'/195'/account', or "
        + "of m/44'/195'/account'/0")
  }

  /// The address at this place, derived in public.
  func address(_ fingerprint: String, _ index: Int64) throws -> TronAddress {
    guard let key = publicKeys[fingerprint] else {
      let given = publicKeys.keys.sorted().joined(separator: ", ")
      throw SweepRefusal(
        .wrongKey,
        "the plan needs the key with the fingerprint \(fingerprint.prefix(40)); given: "
          + (given.isEmpty ? "none" : given))
    }
    guard let number = UInt32(exactly: index), number < ExtendedPublicKey.hardenedFrom else {
      throw SweepRefusal(.altered, "\(index) is no index of a deposit address")
    }
    return try key.child(number).address
  }

  /// - Throws: `SweepRefusal` where only the public key was given.
  func privateKey(_ fingerprint: String, _ index: Int64) throws -> PrivateKey {
    guard let key = privateKeys[fingerprint], let number = UInt32(exactly: index) else {
      throw SweepRefusal(.wrongKey, "the private key with the fingerprint \(fingerprint.prefix(40)) was not given")
    }
    return try key.child(number).key
  }
}

/// Secret text in a file or on standard input. What it holds is never shown, whatever is wrong with it.
enum SecretTextFile {
  private static let bytesMax = 4096

  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - isSecret: false for a public key: whoever reads it can spend nothing.
  static func read(_ path: String, _ option: String, isSecret: Bool = true) throws -> String {
    guard !path.hasPrefix("xprv"), path.split(separator: " ").count < 12 else {
      throw ValidationError(
        "\(option) got what looks like a secret: put it into a file and give its path. That secret has been on a "
          + "command line; do not use its wallet any more.")
    }
    let opened = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
    guard let file = opened else { throw ValidationError("\(option): \(path) cannot be read") }
    if isSecret { OpenFileMode.warn(file, path) }
    let data: Data?
    do { data = try file.contents(bytesMax: bytesMax) } catch let error as CocoaError {
      throw ValidationError("\(option): \(path) cannot be read: \(error.localizedDescription)")
    }
    guard let data else { throw ValidationError("\(option): \(path) has more than \(bytesMax) bytes") }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
