import ArgumentParser
import Crypto
import Foundation
import TronKit

/// Makes the key of which the service gets the public half. Needs no network, and belongs on a machine without one.
struct NewDepositKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-key", abstract: "Make a recovery phrase and the key of deposit addresses, offline.",
    discussion: """
      Run this on a machine without network. It writes three files that only you can read and never overwrites one: \
      deposit-phrase (write its words down; whoever has them owns every deposit), deposit-xprv (signs sweeps; keep it \
      offline), and deposit-xpub, the only one that goes to the server (ENERGY_DEPOSIT_XPUB_FILE). The path is \
      m/44'/195'/account'/0.
      """)
  @Option(help: "An existing folder for the files.") var folder: String
  @Option(help: "The account of the path; another one yields other addresses from the same phrase.")
  var account: UInt32 = 0
  @Option(help: "A file with the words of a phrase made earlier, instead of a new one.") var phraseFile: String?
  @Option(help: "How many words a new phrase has: 12, 15, 18, 21 or 24.") var words = 24

  private static let phraseBytesMax = 1024

  func run() throws {
    do {
      let made = try make()
      print("fingerprint   \(made.fingerprint)\nfirst address \(made.first.base58)")
      writeError("to the server: \(made.publicFile). Keep the other files off it, and off every network.")
    } catch let error as KeyError {
      throw ValidationError(error.description)
    }
  }

  struct Made {
    let publicFile: String
    /// As `deposits status` shows it.
    let fingerprint: String
    let first: TronAddress
  }

  func make() throws -> Made {
    guard account < ExtendedPublicKey.hardenedFrom else {
      throw ValidationError("--account is \(account): give a number below \(ExtendedPublicKey.hardenedFrom)")
    }
    let phrase = try phraseFile.map(Self.read) ?? RecoveryPhrase.generate(wordCount: words)
    let key = try ExtendedPrivateKey(phrase: phrase).tronAddresses(account: account)
    let folder = URL(filePath: folder, directoryHint: .isDirectory)
    let names = ["deposit-phrase", "deposit-xprv", "deposit-xpub"]
    let paths = names.map { folder.appending(path: $0).path }
    // Before the first is written: half a key is none.
    for path in paths where FileManager.default.fileExists(atPath: path) {
      throw ValidationError("\(path) is there already and is never overwritten: give another --folder")
    }
    if phraseFile == nil { try phrase.withText { try SecretFile.write($0, to: paths[0]) } }
    try key.withText { text in try Array("\(text)\n".utf8).withUnsafeBytes { try SecretFile.write($0, to: paths[1]) } }
    let xpub = key.publicKey
    try Array("\(xpub.text)\n".utf8).withUnsafeBytes { try SecretFile.write($0, to: paths[2]) }
    return Made(publicFile: paths[2], fingerprint: Self.fingerprint(xpub), first: try xpub.child(0).address)
  }

  /// As wallet-svc computes it.
  static func fingerprint(_ key: ExtendedPublicKey) -> String {
    Hex.encode(Array(SHA256.hash(data: Array(key.text.utf8)).prefix(8)))
  }

  private static func read(_ path: String) throws -> RecoveryPhrase {
    guard let file = FileHandle(forReadingAtPath: path), let data = try file.contents(bytesMax: phraseBytesMax) else {
      throw ValidationError("--phrase-file: \(path) cannot be read")
    }
    OpenFileMode.warn(file, path)
    return try RecoveryPhrase(parsing: String(decoding: data, as: UTF8.self))
  }
}

/// Files that nobody else may read.
enum SecretFile {
  /// Makes a new file, mode 0600, and waits until the disk has it. An existing one, or a link, is refused.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> ValidationError {
    ValidationError("\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}
