import Foundation

/// A folder with a short path (socket paths must fit 107 bytes), owned by whoever runs the server in it.
enum TemporaryFolder {
  static func make(_ prefix: String) throws -> String {
    let path = "/tmp/\(prefix)-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    return path
  }
}
