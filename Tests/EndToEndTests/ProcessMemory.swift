import Foundation
import Glibc

/// The memory of a running process, read through /proc as a debugger would.
struct ProcessMemory {
  let pid: Int32

  struct Region {
    let start: UInt64
    let end: UInt64
    /// Names memory that several processes share; nil for private memory.
    let shared: String?
  }

  /// The kernel's name of it; the file may have another, as redis-server's has.
  var program: String {
    let name = FileManager.default.contents(atPath: "/proc/\(pid)/comm") ?? Data()
    return String(decoding: name, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Looks for the term in everything readable that can hold data of the running program.
  /// - Parameter seen: shared memory that needs no second look.
  /// - Returns: the bytes looked at, and the form that was found.
  func search(_ terms: [SearchTerm], seen: inout Set<String>) throws -> (bytes: Int, found: [String?]) {
    let file = open("/proc/\(pid)/mem", O_RDONLY)
    guard file >= 0 else { throw StackError("the memory of \(program) (\(pid)) cannot be read: \(errno)") }
    defer { close(file) }
    let overlap = terms.map(\.lengthMax).max() ?? 0
    let chunk = 4 * 1024 * 1024
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
    defer { buffer.deallocate() }
    var found = [String?](repeating: nil, count: terms.count)
    var total = 0
    for region in try regions() {
      if let shared = region.shared, !seen.insert(shared).inserted { continue }
      var place = region.start
      while place < region.end {
        let wanted = min(chunk, Int(region.end - place))
        let count = pread(file, buffer.baseAddress, wanted, off_t(place))
        // Guard pages and device memory cannot be read, by nobody.
        guard count > 0 else { break }
        total += count
        let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        for index in terms.indices where found[index] == nil { found[index] = terms[index].found(in: piece) }
        place += UInt64(count > overlap && place + UInt64(count) < region.end ? count - overlap : count)
      }
    }
    return (total, found)
  }

  /// Readable memory, without what is only mapped from a file and cannot have been written to.
  private func regions() throws -> [Region] {
    try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true).map(String.init)
      guard words.count >= 5, words[1].hasPrefix("r") else { return nil }
      let name = words.count > 5 ? words[5].trimmingCharacters(in: .whitespaces) : ""
      if ["[vvar]", "[vdso]", "[vsyscall]"].contains(name) { return nil }
      if name.hasPrefix("/"), !words[1].contains("w") { return nil }
      let bounds = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
      guard bounds.count == 2 else { return nil }
      let isShared = words[1].hasSuffix("s")
      return Region(start: bounds[0], end: bounds[1], shared: isShared ? words[2...4].joined(separator: " ") : nil)
    }
  }

  // MARK: - Which processes

  /// Every process that works in one of the folders, or was told of one in its environment.
  static func all(around folders: [String]) throws -> [ProcessMemory] {
    let own = getpid()
    return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
      guard pid != own else { return false }
      let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
      return folders.contains { folder in
        link(pid, "cwd").hasPrefix(folder) || SearchTerm.text(folder).found(in: [UInt8](environment)) != nil
      }
    }.map { ProcessMemory(pid: $0) }
  }

  private static func link(_ pid: Int32, _ name: String) -> String {
    do {
      return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/\(name)")
    } catch {
      return ""  // Ended meanwhile, or the kernel's own.
    }
  }
}
