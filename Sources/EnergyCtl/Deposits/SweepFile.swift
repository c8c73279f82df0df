import Foundation

/// Files of plans and signed transactions: whole or not at all, for their owner's eyes, never over another.
enum SweepFile {
  static let bytesMax = 16 * 1024 * 1024

  /// - Throws: `SweepRefusal` with the path and what is wrong with it.
  static func checkAbsent(_ path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else {
      throw SweepRefusal(.file, "\(path) exists and is not overwritten: give another --out, or move it away")
    }
  }

  /// Writes a file with the mode 0600. The name appears when all of it is on the disk.
  static func write(_ data: Data, to path: String) throws {
    let draft = "\(path).\(UUID().uuidString.lowercased())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("\(path) cannot be written", errno) }
    defer { unlink(draft) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    do {
      defer { close(descriptor) }
      try file.write(contentsOf: data)
      guard fsync(descriptor) == 0 else { throw failure("\(path) cannot be written", errno) }
    }
    // Unlike a renaming, a link fails where the name is taken.
    guard link(draft, path) == 0 else {
      let number = errno
      try checkAbsent(path)
      throw failure("\(path) cannot be written", number)
    }
  }

  static func read(_ path: String) throws -> Data {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw SweepRefusal(.file, "\(path) cannot be read")
    }
    guard let data = try file.contents(bytesMax: bytesMax) else {
      throw SweepRefusal(.file, "\(path) has more than \(bytesMax) bytes")
    }
    return data
  }

  private static func failure(_ what: String, _ number: Int32) -> SweepRefusal {
    SweepRefusal(.file, "\(what): \(String(cString: strerror(number)))")
  }
}
