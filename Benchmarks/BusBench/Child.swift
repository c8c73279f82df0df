import BenchKit
import Foundation

/// Lines of a pipe as they come, read by a thread of its own: it ends when the other side closes.
struct Lines: Sendable {
  private let stream: AsyncStream<String>

  init(_ descriptor: Int32) {
    let (stream, continuation) = AsyncStream<String>.makeStream()
    self.stream = stream
    let thread = Thread {
      var rest: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        rest += buffer[..<count]
        while let end = rest.firstIndex(of: 10) {
          continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
          rest.removeFirst(end + 1)
        }
      }
      continuation.finish()
    }
    thread.name = "lines"
    thread.start()
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
  /// Kept open as long as its lines are read.
  private let output: FileHandle
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
    output = stdout.fileHandleForReading
    lines = Lines(output.fileDescriptor)
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

  func stop() async throws {
    try input.close()
    while await lines.next() != nil {}
    // Its output is closed, so it ends at once; a longer wait here would keep a core busy.
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchFailure("\(name) ended with \(process.terminationStatus)") }
  }
}
