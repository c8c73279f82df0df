import Foundation
import Glibc

/// An append-only file of JSON lines: the genesis, then every block and every control action in order. One `write` per
/// line, so that killing the process loses nothing that was answered. Lines are not forced to the disk: a power cut may
/// lose the last ones, and a chain that costs nothing is begun again. The file only grows, by about 2 MB a day of empty
/// blocks, and a start repeats all of it.
final class Journal {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  typealias Write = (_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int

  private let descriptor: Int32
  private let path: String
  private let write: Write
  /// Of its whole lines, in bytes; nil: half a line stands at the end and could not be taken away.
  private var length: Int?

  /// Opens or creates the file and reads its lines. An unfinished last line (a crash while writing) is cut off.
  /// - Parameter write: the system call.
  static func open(
    path: String, write: @escaping Write = { Glibc.write($0, $1, $2) }
  ) throws(Failure) -> (journal: Journal, lines: [JSON]) {
    let descriptor = openFile(path)
    guard descriptor >= 0 else { throw Failure(description: "cannot open \(path): \(errorText())") }
    let journal = Journal(descriptor: descriptor, path: path, write: write)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(description: "cannot read \(path)")
    }
    var lines: [JSON] = []
    var good = 0
    let bytes = [UInt8](data)
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0a) {
      do {
        lines.append(try JSONParser.parse(Array(bytes[start..<end])))
      } catch {
        throw Failure(description: "\(path) is damaged in line \(lines.count + 1): \(error.reason)")
      }
      start = end + 1
      good = start
    }
    if good < bytes.count {
      guard ftruncate(descriptor, off_t(good)) == 0 else {
        throw Failure(description: "cannot cut the unfinished line off \(path): \(errorText())")
      }
    }
    journal.length = good
    return (journal, lines)
  }

  private init(descriptor: Int32, path: String, write: @escaping Write) {
    self.descriptor = descriptor
    self.path = path
    self.write = write
  }

  deinit { close(descriptor) }

  /// The whole line or nothing of it: half a line would join the next one, and no start could read the two.
  func append(_ line: JSON) throws(Failure) {
    guard let before = length else {
      throw Failure(description: "\(path) ends with half a line: make room on the disk and start again")
    }
    let bytes = Array((line.text + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = Self.errorText()
        length = ftruncate(descriptor, off_t(before)) == 0 ? before : nil
        throw Failure(description: "cannot write to \(path): \(reason)")
      }
      written += count
    }
    length = before + bytes.count
  }

  private static func errorText() -> String { String(cString: strerror(errno)) }
}

/// Outside the type, whose own `open` would hide the system call.
private func openFile(_ path: String) -> Int32 {
  open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
}
