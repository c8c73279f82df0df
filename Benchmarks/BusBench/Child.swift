import Foundation
import Synchronization

/// Lines of a pipe as they come.
struct Lines: Sendable {
  private let stream: AsyncStream<String>

  init(_ handle: FileHandle) {
    let (stream, continuation) = AsyncStream<String>.makeStream()
    self.stream = stream
    let rest = Mutex(Data())
    handle.readabilityHandler = { handle in
      let data = handle.availableData
      guard !data.isEmpty else {
        handle.readabilityHandler = nil
        return continuation.finish()
      }
      for line in rest.withLock({ Self.split(&$0, data) }) { continuation.yield(line) }
    }
  }

  private static func split(_ rest: inout Data, _ data: Data) -> [String] {
    rest.append(data)
    var lines: [String] = []
    while let end = rest.firstIndex(of: 10) {
      lines.append(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
      rest = Data(rest[rest.index(after: end)...])
    }
    return lines
  }

  /// nil when the other side has closed.
  func next() async -> String? {
    for await line in stream { return line }
    return nil
  }
}

/// Another process of this program. It says `ready`, is told to begin, says what it found, and ends when its standard
/// input closes: by `stop()` or by the end of this process.
final class Child: Sendable {
  private let name: String
  private let process: Process
  private let input: FileHandle
  private let lines: Lines

  init(_ name: String, _ options: Options) throws {
    self.name = name
    let (stdin, stdout) = (Pipe(), Pipe())
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [name] + options.words
    process.standardInput = stdin
    process.standardOutput = stdout
    input = stdin.fileHandleForWriting
    lines = Lines(stdout.fileHandleForReading)
    // A further child must not keep this one's input open.
    guard fcntl(input.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw BenchFailure("fcntl: \(errno)") }
    try process.run()
  }

  /// Waits for the word; fails when the child ends instead.
  func expect(_ word: String) async throws -> String {
    while let line = await lines.next() {
      if line.hasPrefix(word) { return String(line.dropFirst(word.count)).trimmingCharacters(in: .whitespaces) }
    }
    throw BenchFailure("\(name) ended before it said '\(word)'")
  }

  func begin() throws { try input.write(contentsOf: Data("begin\n".utf8)) }

  func stop() throws {
    try input.close()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchFailure("\(name) ended with \(process.terminationStatus)") }
  }
}
