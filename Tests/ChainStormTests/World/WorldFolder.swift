import BusKit
import Foundation
import TestKit

/// Secrets, logs and the simulator's data, in a temporary folder that goes with the world.
struct WorldFolder: Sendable {
  let path: String
  /// What order-svc and tx-svc share.
  let orderKey: [UInt8]
  private let janitor: GuardedProcess

  init() throws {
    path = "/tmp/energy-storm-\(UUID.v7().text.suffix(12))"
    orderKey = (0..<32).map { _ in UInt8.random(in: 0...255) }
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    janitor = try GuardedProcess.start(["/bin/sleep", "infinity"], log: "/dev/null", removing: path)
    let master = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
    try write("order-hmac", orderKey.map { String(format: "%02x", $0) }.joined())
    try write("master", master.replacing("+", with: "-").replacing("/", with: "_"))
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func remove() async throws { try await janitor.end() }

  private func write(_ name: String, _ text: String) throws {
    let isWritten = FileManager.default.createFile(
      atPath: file(name), contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    guard isWritten else { throw WorldError("cannot write \(file(name))") }
  }
}
