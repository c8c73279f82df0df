import Foundation
import Glibc

/// The memory of a running process, read through /proc as a debugger would.
struct ProcessMemory {
  private static let page: UInt64 = 4096

  let pid: Int32

  struct Region {
    let start: UInt64
    let end: UInt64
    /// Names memory that several processes share; nil for private memory.
    let shared: String?
  }

  /// The kernel's name of it; the file may have another, as redis-server's has.
  var program: String {
    String(decoding: Self.content(pid, "comm"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Looks for terms in everything readable that can hold data of the running program.
  /// - Parameter seen: shared memory that needs no second look.
  /// - Returns: for each term the form that was found.
  func search(_ terms: [SearchTerm], seen: inout Set<String>) throws -> [String?] {
    let file = open("/proc/\(pid)/mem", O_RDONLY)
    guard file >= 0 else { throw StackError("the memory of \(program) (\(pid)) cannot be read: \(errno)") }
    defer { close(file) }
    let overlap = terms.map(\.lengthMax).max() ?? 0
    let chunk = 4 * 1024 * 1024
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
    defer { buffer.deallocate() }
    var found = [String?](repeating: nil, count: terms.count)
    for region in regions() {
      if let shared = region.shared, !seen.insert(shared).inserted { continue }
      var place = region.start
      while place < region.end {
        let wanted = min(chunk, Int(region.end - place))
        let count = pread(file, buffer.baseAddress, wanted, off_t(place))
        guard count > 0 else {
          // The process has given this page back since its map was read; what follows may still be there.
          place += Self.page
          continue
        }
        let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        for index in terms.indices where found[index] == nil { found[index] = terms[index].found(in: piece) }
        // Whatever straddles two pieces lies whole in the second.
        place += UInt64(count == chunk ? count - overlap : count)
      }
    }
    return found
  }

  /// Readable memory, without what is only mapped from a file and cannot have been written to.
  private func regions() -> [Region] {
    String(decoding: Self.content(pid, "maps"), as: UTF8.self).split(separator: "\n").compactMap { line in
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
      let environment = content(pid, "environ")
      return folders.contains { folder in
        link(pid, "cwd").hasPrefix(folder) || SearchTerm.text(folder).found(in: environment) != nil
      }
    }.map { ProcessMemory(pid: $0) }
  }

  /// A file of the kernel's, whole; empty when the process has ended. Foundation takes the first short read for the end
  /// of a file, and these files give a page at a time.
  private static func content(_ pid: Int32, _ name: String) -> [UInt8] {
    let file = open("/proc/\(pid)/\(name)", O_RDONLY)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(file, &piece, piece.count)
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
    }
  }

  private static func link(_ pid: Int32, _ name: String) -> String {
    do {
      return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/\(name)")
    } catch {
      return ""  // Ended meanwhile, or the kernel's own.
    }
  }
}
