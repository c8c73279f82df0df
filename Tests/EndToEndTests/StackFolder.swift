import BusKit
import Foundation
import TestKit
import TronKit

/// A stack's secrets, logs and data on disk, in a temporary folder that goes with the stack.
struct StackFolder: Sendable {
  let path: String
  /// In hex; shared by gateway and energyctl.
  let installationSecret: String
  /// The owner's: no program of the stack has them.
  let depositKey: ExtendedPrivateKey
  let treasuryKey: PrivateKey
  /// Removes the folder when the stack or the test process ends.
  private let janitor: GuardedProcess

  init() throws {
    path = "/tmp/energy-e2e-\(UUID.v7().text.suffix(12))"
    installationSecret = Self.randomBytes(32).map { String(format: "%02x", $0) }.joined()
    depositKey = try ExtendedPrivateKey(seed: Self.randomBytes(32)).tronAddresses()
    treasuryKey = try PrivateKey.generate()
    for folder in ["log", "secrets", "tron-sim", "telegram-sim", "journal"] {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(folder)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    janitor = try GuardedProcess.start(["/bin/sleep", "infinity"], log: "/dev/null", removing: path)
    let hmac = Self.randomBytes(32).map { String(format: "%02x", $0) }.joined()
    let master = Data(Self.randomBytes(32)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    try write("installation", installationSecret)
    try write("order-hmac", hmac)
    try write("master", master)
    try write("deposit-xpub", depositKey.publicKey.text)
    try write("telegram-token", "70\(UInt32.random(in: 1_000_000...9_999_999)):AA\(hmac.prefix(30))")
    try Data(Self.products.utf8).write(to: URL(fileURLWithPath: productsFile))
  }

  var productsFile: String { path + "/products.json" }
  func secret(_ name: String) -> String { "\(path)/secrets/\(name)" }
  func log(_ part: String) -> String { "\(path)/log/\(part).log" }

  func remove() async throws { try await janitor.end() }

  private func write(_ name: String, _ text: String) throws {
    guard
      FileManager.default.createFile(
        atPath: secret(name), contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw TestKitError("cannot write \(secret(name))") }
  }

  static func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

  /// Rentals of seconds, so that a test sees their end.
  private static let products = """
    {"products": [
      {"id": "2s", "duration_seconds": 2, "sun_per_energy": 30, "energy_min": 32000, "energy_max": 1000000000},
      {"id": "6s", "duration_seconds": 6, "sun_per_energy": 30, "energy_min": 32000, "energy_max": 1000000000},
      {"id": "1h", "duration_seconds": 3600, "sun_per_energy": 60, "energy_min": 32000, "energy_max": 10000000}
    ]}
    """
}
