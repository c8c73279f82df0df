import Contracts
import Testing

@testable import BusKit
@testable import WalletSvc

@Suite("wallet-svc and full streams")
struct BackPressureTests {
  @Test("stops writing to any topic of its own that is full")
  func topics() {
    let service = WalletSvcMain.make(WalletSettings(sources: []))
    let topics: [Topic] = [.walletEvents, .walletCommands, .txCommands, .gatewayCommands]
    #expect(Set(service.publishedTopics) == Set(topics))
  }
}
