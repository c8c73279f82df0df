import BusKit
import Contracts
import Testing

@testable import OrderSvc

@Suite("order-svc on the bus")
struct RegistrationTests {
  @Test("reads and writes what the catalogue says, all of it")
  func catalogue() {
    let service = OrderSvcMain.make(OrderSettings(sealKey: RunningOrders.key))
    #expect(MessageCatalog.energy.mistakes(in: service) == [])
  }
}
