import Foundation

/// Where the servers' programs are.
enum Programs {
  static func find(_ name: String, in folders: [String]) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let candidates = (folders + path.split(separator: ":").map(String.init)).map { "\($0)/\(name)" }
    guard let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw TestKitError("\(name) is not installed: none of \(candidates.joined(separator: ", ")) exists.")
    }
    return found
  }

  /// Debian keeps the server's programs out of the path; the newest version comes first.
  static func postgresFolders() -> [String] {
    let root = "/usr/lib/postgresql"
    guard FileManager.default.fileExists(atPath: root) else { return [] }
    do {
      let versions = try FileManager.default.contentsOfDirectory(atPath: root)
      return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
    } catch {
      return []
    }
  }
}
