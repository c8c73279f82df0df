import Contracts
import Testing

@testable import BusKit
@testable import OrderSvc

@Suite("order-svc and full streams")
struct BackPressureTests {
  @Test("stops writing to any topic of its own that is full")
  func topics() {
    let service = OrderSvcMain.make(OrderSettings(sealKey: RunningOrders.key))
    let topics: [Topic] = [.orderCommands, .orderEvents, .walletCommands, .txCommands, .gatewayCommands]
    #expect(Set(service.publishedTopics) == Set(topics))
  }
}
