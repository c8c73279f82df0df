import BusKit
import Contracts
import Testing

@testable import WalletSvc

@Suite("wallet-svc on the bus")
struct RegistrationTests {
  @Test("reads and writes what the catalogue says, all of it")
  func catalogue() {
    let service = WalletSvcMain.make(WalletSettings(sources: []))
    #expect(MessageCatalog.energy.mistakes(in: service) == [])
  }
}
