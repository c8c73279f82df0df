import BusKit
import Contracts
import Crypto
import Foundation
import Logging
import Testing

@testable import Gateway

@Suite("gateway on the bus")
struct RegistrationTests {
  @Test("reads and writes what the catalogue says, all of it")
  func catalogue() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gateway-\(UUID().uuidString)").path
    let settings = GatewaySettings(
      telegramURL: "http://127.0.0.1:1", telegramToken: FakeTelegram.token,
      installationSecret: SymmetricKey(size: .bits256), journalDirectory: folder)
    let service = try GatewayMain.make(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    #expect(MessageCatalog.energy.mistakes(in: service) == [])
  }
}
