import Foundation
import Synchronization
import TronKit

/// Tells one content of a file from another without reading it.
struct FileStamp: Equatable, Sendable {
  let inode: UInt64
  let size: Int64
  let modifiedNs: Int64
}

/// A file of keys that is read again when it changes. Until a new content is put to use the one before stays.
final class KeyFile<Keys: Sendable>: Sendable {
  private struct State {
    var keys: Keys
    var stamp: FileStamp?
    var problem: String?
  }

  /// The variable that names the file, for logs and metrics.
  let name: String
  private let path: String?
  private let parse: @Sendable (UnsafeRawBufferPointer) throws -> Keys
  private let state: Mutex<State>

  init(
    _ name: String, path: String, parse: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Keys
  ) throws {
    self.name = name
    self.path = path
    self.parse = parse
    let stamp = try SecretFile.stamp(path)
    state = Mutex(State(keys: try SecretFile.read(path, parse), stamp: stamp))
  }

  /// Keys that come from no file and never change.
  init(_ name: String, fixed keys: Keys) {
    self.name = name
    path = nil
    parse = { _ in keys }
    state = Mutex(State(keys: keys))
  }

  /// Those in use.
  var keys: Keys { state.withLock(\.keys) }
  /// Why the file's content is not in use; nil: it is.
  var problem: String? { state.withLock(\.problem) }

  /// What the file holds now; nil when that is in use already.
  /// - Parameter isForced: reads it also when nothing shows that it has changed.
  func changed(isForced: Bool) throws -> (keys: Keys, stamp: FileStamp)? {
    guard let path else { return nil }
    let stamp = try SecretFile.stamp(path)
    let isKnown = state.withLock { $0.stamp == stamp && $0.problem == nil }
    if isKnown, !isForced { return nil }
    return (try SecretFile.read(path, parse), stamp)
  }

  func use(_ keys: Keys, _ stamp: FileStamp) {
    state.withLock { $0 = State(keys: keys, stamp: stamp) }
  }

  /// Keeps the keys in use. True when this is news.
  func refuse(_ problem: String) -> Bool {
    state.withLock { state in
      defer { state.problem = problem }
      return state.problem != problem
    }
  }
}

/// Reads files with secrets into locked memory.
enum SecretFile {
  enum Failure: Error, Equatable, CustomStringConvertible {
    case unreadable(String, why: String)
    case tooLong(String)

    var description: String {
      switch self {
      case .unreadable(let path, let why): "cannot read \(path): \(why)"
      case .tooLong(let path): "\(path) has more than \(SecretFile.bytesMax) bytes"
      }
    }
  }

  /// 64 Fernet keys and their line ends fit.
  static let bytesMax = 4096

  static func read<Result>(_ path: String, _ parse: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    var count = 0
    let content = try SecretBytes(count: bytesMax + 1) { buffer in
      while count < buffer.count {
        let got = Foundation.read(file, buffer.baseAddress.map { $0 + count }, buffer.count - count)
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw failure(path) }
        if got == 0 { break }
        count += got
      }
    }
    guard count <= bytesMax else { throw Failure.tooLong(path) }
    return try content.withUnsafeBytes { try parse(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  static func stamp(_ path: String) throws -> FileStamp {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure(path) }
    #if os(Linux)
      let modified = status.st_mtim
    #else
      let modified = status.st_mtimespec
    #endif
    return FileStamp(
      inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modifiedNs: Int64(modified.tv_sec) &* 1_000_000_000 &+ Int64(modified.tv_nsec))
  }

  private static func failure(_ path: String) -> Failure {
    .unreadable(path, why: String(cString: strerror(errno)))
  }
}
