import BusKit
import Foundation
import Testing

@testable import OrderSvc

@Suite("Settings of order-svc")
struct OrderSettingsTests {
  private func file(_ text: String) throws -> String {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("order-settings-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    return url.path
  }

  @Test("are read from the environment, with defaults")
  func read() throws {
    let key = try file(String(repeating: "0a", count: 32) + "\n")
    defer { unlink(key) }
    var reader = EnvironmentReader(["ENERGY_ORDER_HMAC_KEY_FILE": key, "ENERGY_ORDER_PLACED_SECONDS": "7"])
    let settings = try #require(OrderSettings.read(&reader))
    try reader.finish()
    #expect(settings.catalogue == .standard)
    #expect(settings.deadlines.placed == .seconds(7) && settings.deadlines.delegating == .seconds(180))
    #expect(settings.sealKey.withUnsafeBytes { Array($0) } == Array(repeating: 0x0a, count: 32))
  }

  @Test("name every mistake, and never the secret")
  func mistakes() throws {
    let secret = String(repeating: "zz", count: 32)
    let key = try file(secret)
    let products = try file("{\"products\": [{}]}")
    defer {
      unlink(key)
      unlink(products)
    }
    var reader = EnvironmentReader([
      "ENERGY_ORDER_HMAC_KEY_FILE": key, "ENERGY_PRODUCTS": products, "ENERGY_ORDER_ENDING_SECONDS": "soon",
    ])
    #expect(OrderSettings.read(&reader)?.catalogue == nil)
    #expect(reader.mistakes.contains { $0.hasPrefix("ENERGY_ORDER_HMAC_KEY_FILE") && $0.contains("64 hex digits") })
    #expect(reader.mistakes.contains { $0.hasPrefix("ENERGY_ORDER_ENDING_SECONDS is 'soon'") })
    #expect(reader.mistakes.count { $0.hasPrefix("ENERGY_PRODUCTS") } == 5)
    #expect(!reader.mistakes.contains { $0.contains(secret) })
  }
}
