import BusKit
import Contracts

/// order-svc: products, prices, quotes and the life of every order.
@main
struct OrderSvcMain {
  static let schema = "order_svc"

  static func main() async {
    await ServiceProgram.run(ServiceName.order, schema: schema, settings: OrderSettings.read) { settings, _ in
      make(settings)
    }
  }

  /// The service's table of contents.
  static func make(_ settings: OrderSettings) -> Service {
    var service = Service(name: ServiceName.order, schema: schema, migrations: OrderMigrations.all)
    let process = OrderProcess(settings: settings)
    CustomerHandlers(process: process).register(in: &service)
    WalletHandlers(process: process).register(in: &service)
    DelegationHandlers(process: process).register(in: &service)
    TimerHandlers(process: process).register(in: &service)
    DueOrders(process: process).register(in: &service)
    TellOverdue.register(in: &service)
    OrderAnswers(catalogue: settings.catalogue).register(in: &service)
    // Its own commands: the release before may have left timers of its own in the outbox.
    service.publishes([.orderCommands, .orderEvents, .walletCommands, .txCommands])
    service.auditsOperators()
    service.beforeMetrics { bus in
      let figures = try await bus.lookUp(OrderReads.figures)
      bus.metrics.clear("energy_order_open")
      for (state, count) in figures.open {
        bus.metrics.gauge("energy_order_open", labels: [("state", state)]).set(Double(count))
      }
      bus.metrics.gauge("energy_order_overdue").set(Double(figures.overdue))
    }
    return service
  }
}
